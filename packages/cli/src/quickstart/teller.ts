import { styleText } from 'node:util';
import { type Outcome, runInShell } from './shell.ts';

const MAX_TEXT_CHARS = 100;

export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** Tells a story in shell commands: each is printed, run, and its output printed. */
export class Teller {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #said = new Set<string>();

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  title(text: string): void {
    this.say(`\n${styleText('bold', text)}`);
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Prints and runs the command line; throws StepFailed where it fails. Returns its standard output. */
  async run(line: string): Promise<string> {
    this.say(styleText('cyan', `$ ${line}`));
    const outcome = await this.quietly(line);
    this.#sayNews(outcome.stderr);
    if (outcome.stdout) this.say(readable(outcome.stdout.trimEnd()));
    if (outcome.exitCode !== 0) throw new StepFailed(`the command ended with exit code ${outcome.exitCode}`);
    return outcome.stdout;
  }

  /** For looking, not for showing. */
  quietly(line: string): Promise<Outcome> {
    return runInShell(line, this.#environment);
  }

  /** Every command says where it takes its credentials from; once is enough here. */
  #sayNews(text: string): void {
    for (const line of text.split('\n').filter((each) => each && !this.#said.has(each))) {
      this.#said.add(line);
      this.say(styleText('dim', line));
    }
  }
}

/** JSON in lines, as at a terminal, with long texts cut; other output unchanged. */
function readable(output: string): string {
  try {
    return JSON.stringify(JSON.parse(output), (_, value: unknown) => shortened(value), 2);
  } catch {
    return output;
  }
}

const shortened = (value: unknown): unknown =>
  typeof value === 'string' && value.length > MAX_TEXT_CHARS ? `${value.slice(0, MAX_TEXT_CHARS)}...` : value;
