import { counted } from '../counted.ts';
import { EXIT } from '../exit-codes.ts';
import { type Description, describeError } from '../report-error.ts';
import { visible } from '../visible.ts';
import { type Pair, STDIO } from './files/plan.ts';
import type { Failed } from './formats/format.ts';

/** Some files failed; each was said. */
export class FilesFailed extends Error {
  override readonly name = 'FilesFailed';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('some files failed');
    this.exitCode = exitCode;
  }
}

/** So that thousands of failures with one reason do not push everything else off the screen. */
const SAID_FAILURES = 20;
const SAID_FILES = 20;

/** What became of the files, for people or as JSON. Throws FilesFailed. */
export function sayOutcome(
  verb: string,
  pairs: readonly Pair[],
  failed: readonly Failed[],
  json: boolean,
): void {
  const failures = failed.map(described);
  const names = new Set(failed.map(({ from }) => from));
  const done = pairs.filter(({ from }) => !names.has(from));
  if (json) {
    const files = done.map(({ from, to }) => ({ from, to }));
    const errors = failures.map(({ text, ...rest }) => ({ ...rest, error: text }));
    print(JSON.stringify({ [verb]: files, failed: errors }));
  } else if (!pairs.some(({ to }) => to === STDIO)) {
    if (done.length <= SAID_FILES)
      for (const { from, to } of done) print(from === to ? to : `${from} -> ${to}`);
    if (pairs.length !== 1) print(`${done.length} of ${pairs.length} files ${verb}`);
  }
  // In their place: the word may have been a folder.
  const isNamed = ({ from, to }: Pair): boolean => pairs.length > 1 || (from === to && to !== STDIO);
  endWith(failures.map((each) => ({ ...each, name: isNamed(each) ? each.from : undefined })));
}

export const described = ({ from, to, error }: Failed): Pair & Description => ({
  ...{ from, to },
  ...describeError(renamable(placed(error, to), from)),
});

/** Says the failures, with the names of their files where they are given. Throws FilesFailed where there is one. */
export function endWith(failures: readonly (Description & { readonly name: string | undefined })[]): void {
  for (const { name, text } of failures.slice(0, SAID_FAILURES))
    say(`error: ${name === undefined ? text : `${name}: ${text}`}`);
  if (failures.length > SAID_FAILURES)
    say(`error: ${counted(failures.length - SAID_FAILURES, 'more file')} failed; --json lists all`);
  const [code, ...others] = new Set(failures.map(({ exitCode }) => exitCode));
  if (code !== undefined) throw new FilesFailed(others.length === 0 ? code : EXIT.refused);
}

/** What the system says of a write that failed does not tell where. */
function placed(error: unknown, to: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || to === STDIO || !error.message.endsWith(', write'))
    return error;
  return Object.assign(new Error(`${error.message} '${to}'`, { cause: error }), { code: error.code });
}

/** The system gives names as UTF-8; one that is none comes with a replacement character, and leads nowhere. */
function renamable(error: unknown, from: string): unknown {
  const lost =
    from.includes('\ufffd') && error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return lost
    ? Object.assign(new Error(`the name ${from} is not UTF-8: rename it`), { code: error.code })
    : error;
}

export const print = (text: string): void => void process.stdout.write(`${visible(text)}\n`);
export const say = (text: string): void => void process.stderr.write(`${visible(text)}\n`);
