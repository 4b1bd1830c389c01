import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TokenUnavailable } from '../hsm/token.ts';
import { DomainKey } from '../keys/domain-key.ts';
import { StartError } from '../start-error.ts';
import type { Settings } from '../store/store.ts';
import { openBy, otherWays } from './open-domain-key.ts';
import type { DailyKind } from './root-key.ts';
import type { RootKeys } from './root-keys.ts';
import { readWaysIn } from './ways-in.ts';

/** A token is to be noticed within seconds of its return. */
const RETRY_MS = 500;

/**
 * Opens the domain key as soon as any way in does whose root key is there: the token again, another one that the
 * settings name, or one that `keyhold root recover` makes meanwhile. `onProblem` is told of each obstacle once.
 * Rejects when `signal` is aborted.
 */
export async function awaitDomainKey(
  settings: Settings,
  rootKeys: RootKeys,
  databasePath: string,
  { signal, onProblem }: { readonly signal: AbortSignal; readonly onProblem: (problem: string) => void },
): Promise<DomainKey> {
  const told = new Map<DailyKind, string>();
  const refused = new Map<DailyKind, string>();
  for (;;) {
    const { wrapped } = await readWaysIn(settings);
    for (const kind of rootKeys.order) {
      const mine = wrapped.get(kind);
      if (mine === undefined) continue;
      // What did not open once will not, before one of the two is another: a passphrase costs a second of a processor.
      const state = `${await writtenAt(rootKeys, kind)} ${Buffer.from(mine).toString('hex')}`;
      if (kind !== 'token' && refused.get(kind) === state) continue;
      try {
        using secret = await openBy(rootKeys, kind, mine, databasePath);
        return new DomainKey(secret);
      } catch (error) {
        if (!(error instanceof StartError || error instanceof TokenUnavailable)) throw error;
        refused.set(kind, state);
        const others = kind === rootKeys.first ? otherWays(wrapped, kind) : '';
        const problem = `${error.message}${others}`;
        if (told.get(kind) !== problem) onProblem(problem);
        told.set(kind, problem);
      }
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/** Of the file that holds the root key, as far as one does. */
async function writtenAt({ choice }: RootKeys, kind: DailyKind): Promise<string> {
  const path =
    kind === 'file' ? choice.rootKeyFile : kind === 'passphrase' ? choice.passphraseFile : undefined;
  const stats = path === undefined ? undefined : await stat(path).catch(() => undefined);
  return stats ? `${stats.ctimeMs} ${stats.ino}` : 'none';
}
