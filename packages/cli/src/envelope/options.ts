import { readFileSync } from 'node:fs';
import type { Context } from '@keyhold/client/envelope/format/context.ts';
import { readRecoveryPrivateKey, readRecoveryPublicKey } from '@keyhold/client/envelope/keys/recovery.ts';
import type { ConnectionOptions } from '../call/connection.ts';
import { UsageError } from '../exit-codes.ts';
import type { Connections } from './connections.ts';
import type { Reading, Writing } from './formats/format.ts';
import { say } from './outcome.ts';

/** As commander gives them; what may be repeated is a list. */
export interface FileFlags extends ConnectionOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly skipExisting?: boolean;
  readonly json?: boolean;
}

export interface WriteFlags extends FileFlags {
  readonly key?: readonly string[];
  readonly context?: readonly string[];
  /** false: --no-store-context */
  readonly storeContext?: boolean;
  readonly recoveryPublicKey?: readonly string[];
}

export interface ReadFlags extends FileFlags {
  readonly allow?: readonly string[];
  readonly allowAnyKey?: boolean;
  readonly context?: readonly string[];
  readonly recoveryKey?: string;
  readonly recoveryPassphraseFile?: string;
}

/** `name=value` words as a map; undefined where there are none. */
export function readContext(words: readonly string[] | undefined): Context | undefined {
  if (words === undefined || words.length === 0) return undefined;
  const pairs = words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`--context: name=value is expected, not ${word}`);
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) {
    throw new UsageError('--context: a name is given twice');
  }
  return Object.fromEntries(pairs);
}

export const readRecoveryKeys = (paths: readonly string[] = []): Writing['recoveryKeys'] =>
  paths.map((path) => readRecoveryPublicKey(textOf(path, '--recovery-public-key')));

export function readRecoveryKey({ recoveryKey, recoveryPassphraseFile }: ReadFlags): Reading['recoveryKey'] {
  if (recoveryKey === undefined) return undefined;
  const passphrase =
    recoveryPassphraseFile &&
    textOf(recoveryPassphraseFile, '--recovery-passphrase-file').replace(/\r?\n$/, '');
  return readRecoveryPrivateKey(textOf(recoveryKey, '--recovery-key'), passphrase);
}

export function textOf(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag}: ${error instanceof Error ? error.message : error}`);
  }
}

/** What of the flags tells who may open files. */
export async function readAccess(flags: ReadFlags, connections: Connections) {
  const recoveryKey = readRecoveryKey(flags);
  const failures = new Set<string>();
  return {
    connections,
    recoveryKey,
    context: readContext(flags.context),
    allow: await allowedKeys(flags, connections),
    onRecipientFailure: ({ recipient, reason }: { recipient: string; reason: string }) => {
      // Those that nobody meant to be used are no news.
      if (reason.includes('not on the list') || reason.includes('was not given') || failures.has(recipient))
        return;
      failures.add(recipient);
      say(`note: opened by another key, because ${recipient} failed: ${reason}`);
    },
  };
}

async function allowedKeys(flags: ReadFlags, connections: Connections): Promise<Reading['allow']> {
  if (flags.allowAnyKey) {
    if (flags.allow) throw new UsageError('give --allow or --allow-any-key, not both');
    return 'any';
  }
  // A recovery key needs no server, so none is asked for aliases that are only configured.
  if (flags.recoveryKey !== undefined && flags.allow === undefined) return [];
  return connections.foundArnsOf(connections.keysOr(flags.allow ?? []));
}
