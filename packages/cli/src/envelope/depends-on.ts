import { inspectFile } from '@keyhold/client/envelope/file/inspect-file.ts';
import { UsageError } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import type { Connections } from './connections.ts';
import type { Pair } from './files/plan.ts';
import type { Failed } from './formats/format.ts';
import { type KeyName, parseKeyName } from './key-names.ts';
import { described, endWith, print } from './outcome.ts';

/** Of a key or of a key version: those of Keyhold are UUIDs, some of the vendor's begin with `key-`. */
const ID = /^(?:key-[A-Za-z0-9-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** What --depends-on names, as files have it. Throws UsageError, for it must not seem that no file depends on a typo. */
export async function dependency(text: string, connections: Connections): Promise<string> {
  const { profile, region, key, arn } = keyNamed(text);
  const elsewhere = profile !== undefined || region !== undefined;
  if (arn === undefined && !elsewhere && !key.startsWith('alias/')) {
    if (ID.test(key)) return key;
    throw notTaken(text);
  }
  return connections.arnOf(text);
}

function keyNamed(text: string): KeyName {
  try {
    return parseKeyName(text);
  } catch {
    throw notTaken(text);
  }
}

const notTaken = (text: string): UsageError =>
  new UsageError(
    `--depends-on takes the id of a key version or of a key, an ARN, or alias/<name>, not ${JSON.stringify(text)}`,
  );

/** On a key version by its id, or on a key by its id or ARN. */
export const depends = (path: string, wanted: string): boolean =>
  inspectFile(path).recipients.some(
    (each) =>
      'cmk' in each &&
      (each.keyVersionId === wanted || each.cmk === wanted || each.cmk.endsWith(`:key/${wanted}`)),
  );

/** For a person, or for `xargs`: names as they are. Throws FilesFailed. */
export function listDepending(
  pairs: readonly Pair[],
  failed: readonly Failed[],
  { json, null: zero }: { readonly json?: boolean; readonly null?: boolean },
): void {
  const failures = failed.map(described);
  const names = new Set(failures.map(({ from }) => from));
  const paths = pairs.map(({ from }) => from).filter((path) => !names.has(path));
  if (json) {
    const errors = failures.map(({ from, to: _, text, ...rest }) => ({ file: from, ...rest, error: text }));
    print(JSON.stringify({ files: paths, failed: errors }));
  } else {
    const shown = process.stdout.isTTY && !zero ? visible : (path: string) => path;
    process.stdout.write(paths.map((path) => `${shown(path)}${zero ? '\0' : '\n'}`).join(''));
  }
  endWith(failures.map((each) => ({ ...each, name: each.from })));
}
