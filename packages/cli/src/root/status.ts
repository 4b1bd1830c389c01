import { TokenUnavailable } from '@keyhold/server/hsm/token.ts';
import { unwrapBy } from '@keyhold/server/root/open-domain-key.ts';
import { type DailyKind, KINDS } from '@keyhold/server/root/root-key.ts';
import { RootKeys } from '@keyhold/server/root/root-keys.ts';
import { readSplitting } from '@keyhold/server/root/shares/recovery-key.ts';
import { readWaysIn } from '@keyhold/server/root/ways-in.ts';
import { StartError } from '@keyhold/server/start-error.ts';
import { shown } from '../data-dir.ts';
import { EXIT } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { withDatabase } from './way-in.ts';

/** `keyhold root status`: the ways in, each tried. Exit code 1 where the one that the server takes does not open. */
export async function statusCommand(): Promise<void> {
  await withDatabase(async (store, config, path) => {
    await using rootKeys = new RootKeys(config);
    const { wrapped } = await readWaysIn(store.settings);
    const lines = [`Ways into ${shown(path)}`];
    let firstOpens = false;
    for (const kind of KINDS) {
      const mine = wrapped.get(kind);
      if (mine === undefined) continue;
      if (kind === 'shares') {
        const splitting = readSplitting(mine);
        lines.push(row(kind, `any ${splitting?.threshold} of ${splitting?.count}, set ${splitting?.set}`));
        continue;
      }
      const tried = await attempt(rootKeys, kind, mine, path);
      const isFirst = kind === rootKeys.first;
      firstOpens ||= isFirst && tried.opens;
      lines.push(row(kind, `${tried.said}${isFirst ? '; the server opens with it' : ''}`));
    }
    if (!wrapped.has(rootKeys.first))
      lines.push(row(rootKeys.first, 'the settings say it, and it is no way in'));
    process.stdout.write(visible(`${lines.join('\n')}\n`));
    if (!firstOpens) process.exitCode = EXIT.refused;
  });
}

async function attempt(
  rootKeys: RootKeys,
  kind: DailyKind,
  wrapped: Uint8Array,
  path: string,
): Promise<{ readonly opens: boolean; readonly said: string }> {
  try {
    using rootKey = await rootKeys.get(kind);
    using _ = await unwrapBy(rootKey, wrapped, path);
    return { opens: true, said: `opens: ${rootKey.source}` };
  } catch (error) {
    if (!(error instanceof StartError || error instanceof TokenUnavailable)) throw error;
    return { opens: false, said: `does not open here: ${error.message}` };
  }
}

const row = (kind: string, said: string): string => `  ${kind.padEnd(10)}  ${said}`;
