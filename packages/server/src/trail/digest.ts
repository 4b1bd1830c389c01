import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { listSegments, segmentPath } from './segments.ts';

/** SHA-256 over the bytes from a position up to where segment `until` begins, each file after number and length. */
export async function digestFrom(
  directory: string,
  from: { readonly segment: number; readonly offset: number },
  until: number,
): Promise<string> {
  const digest = createHash('sha256');
  for (const segment of await listSegments(directory)) {
    if (segment < from.segment || segment >= until) continue;
    const path = segmentPath(directory, segment);
    const start = segment === from.segment ? from.offset : 0;
    const { size } = await stat(path);
    digest.update(`${segment} ${size - start}\n`);
    for await (const bytes of createReadStream(path, { start })) digest.update(bytes);
  }
  return digest.digest('hex');
}
