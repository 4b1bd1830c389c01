import { rewrapFile } from '@keyhold/client/envelope/file/rewrap-file.ts';
import type { RecipientChanges } from '@keyhold/client/envelope/keys/change-recipients.ts';
import { DataKeyCache } from '@keyhold/client/envelope/keys/data-key-cache.ts';
import { counted } from '../counted.ts';
import { UsageError } from '../exit-codes.ts';
import { Connections } from './connections.ts';
import { eachAlone } from './each-alone.ts';
import { findEnvelopes } from './files/find-envelopes.ts';
import { interruptible } from './interrupt.ts';
import { type ReadFlags, readAccess, readRecoveryKeys } from './options.ts';
import { say, sayOutcome } from './outcome.ts';
import { Progress } from './progress.ts';

export interface RewrapFlags extends ReadFlags {
  readonly addKey?: readonly string[];
  readonly removeKey?: readonly string[];
  readonly recoveryPublicKey?: readonly string[];
  readonly renew?: boolean;
}

/** Files in work at a time. */
export const LANES = 8;

/** `keyhold rewrap FILE...`: changes who can open files; their content stays as it is. */
export async function rewrapCommand(words: readonly string[], flags: RewrapFlags): Promise<void> {
  if (!flags.addKey && !flags.removeKey && !flags.renew && !flags.recoveryPublicKey) {
    throw new UsageError('say what to change: --add-key, --remove-key, --recovery-public-key or --renew');
  }
  const { pairs, notes } = findEnvelopes(words);
  for (const note of notes) say(`note: ${note}`);
  await interruptible(async (signal) => {
    const connections = new Connections(flags, signal);
    using cache = new DataKeyCache();
    const access = { ...(await readAccess(flags, connections)), connect: connections.connect, signal, cache };
    const changes = await readChanges(flags, connections);
    const progress = new Progress('files');
    let anew = 0;
    const one = async ({ from }: { from: string }): Promise<void> => {
      if (!(await rewrapFile(from, changes, access)).inPlace) anew++;
    };
    const onProgress = ({ files, total }: { files: number; total: number }) => progress.update(files, total);
    try {
      const failed = await eachAlone(pairs, one, onProgress, signal, LANES);
      progress.end();
      if (anew > 0)
        say(`note: ${counted(anew, 'file')} written anew, for there was no room for the new header`);
      sayOutcome('rewrapped', pairs, failed, flags.json ?? false);
    } finally {
      progress.end();
    }
  });
}

async function readChanges(flags: RewrapFlags, connections: Connections): Promise<RecipientChanges> {
  const identifier = (name: string) => (name.startsWith('SHA256:') ? name : connections.arnOf(name));
  return {
    add: {
      cmks: await connections.arnsOf(flags.addKey ?? []),
      recoveryKeys: readRecoveryKeys(flags.recoveryPublicKey),
    },
    remove: await Promise.all((flags.removeKey ?? []).map(identifier)),
    renew: flags.renew,
  };
}
