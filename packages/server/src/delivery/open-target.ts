import type { Place } from './buckets.ts';
import { DirectoryTarget } from './directory-target.ts';
import type { Target } from './target.ts';

/** The SDK is loaded where a bucket needs it. */
export async function openTarget(place: Place): Promise<Target> {
  if (place.kind === 'directory') return new DirectoryTarget(place.path);
  const { S3Target } = await import('./s3-target.ts');
  return new S3Target(place);
}
