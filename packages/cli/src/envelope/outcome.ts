import { EXIT } from '../exit-codes.ts';
import { describeError } from '../report-error.ts';
import { visible } from '../visible.ts';
import { type Pair, STDIO } from './files/plan.ts';
import type { Failed } from './formats/format.ts';

/** Some files of several failed; each was said. */
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
  const failures = new Map(failed.map((each) => [each.from, describeError(each.error)]));
  const done = pairs.filter(({ from }) => !failures.has(from));
  if (json) {
    const files = done.map(({ from, to }) => ({ from, to }));
    const errors = failed.map(({ from, to, error }) => ({ from, to, error: describeError(error).text }));
    print(JSON.stringify({ [verb]: files, failed: errors }));
  } else if (!pairs.some(({ to }) => to === STDIO)) {
    if (done.length <= SAID_FILES)
      for (const { from, to } of done) print(from === to ? to : `${from} -> ${to}`);
    if (pairs.length > 1) print(`${done.length} of ${pairs.length} files ${verb}`);
  }
  sayFailures([...failures].map(([from, { text }]) => `${from}: ${text}`));
  const codes = new Set([...failures.values()].map(({ exitCode }) => exitCode));
  if (codes.size > 0) throw new FilesFailed(codes.size === 1 ? ([...codes][0] ?? 1) : EXIT.refused);
}

function sayFailures(texts: readonly string[]): void {
  for (const text of texts.slice(0, SAID_FAILURES)) say(`error: ${text}`);
  if (texts.length > SAID_FAILURES)
    say(`error: ${texts.length - SAID_FAILURES} more files failed; --json lists all`);
}

export const print = (text: string): void => void process.stdout.write(`${visible(text)}\n`);
export const say = (text: string): void => void process.stderr.write(`${visible(text)}\n`);
