import { rmSync } from 'node:fs';
import { measure } from './measure.ts';
import type { Spread } from './requests.ts';
import type { Running } from './servers.ts';

/** Writes `count` ciphertexts of data keys under the given keys to `path`, one a line; returns the path. */
export async function collectBlobs(
  keyhold: Running,
  keys: string,
  spread: Spread,
  count: number,
  path: string,
): Promise<string> {
  rmSync(path, { force: true });
  const result = await measure(keyhold, {
    action: 'GenerateDataKey',
    targets: keys,
    spread,
    connections: 64,
    warmupSeconds: 0,
    seconds: 600,
    requests: count,
    saveBlobs: path,
  });
  if (result.errors > 0) throw new Error(`no ciphertexts: ${result.firstErrors.join('\n')}`);
  return path;
}
