/** What stands in a backup, in this order: what says that it is whole comes last. */
export const DATABASE = 'keyhold.db';
export const PUBLIC_KEY = 'trail-public-key.pem';
export const TRAIL = 'trail';
export const MANIFEST = 'manifest.json';
/** As `sha256sum -c` reads it: of every part before. */
export const SUMS = 'SHA256SUMS';

const PART =
  /^(keyhold\.db|trail-public-key\.pem|trail\/\d{8,}\.(trail|checkpoints)|manifest\.json|SHA256SUMS)$/;
export const isPart = (name: string): boolean => PART.test(name);

const FORMAT = 1;

export interface Manifest {
  readonly format: typeof FORMAT;
  /** Versions of what wrote it. */
  readonly keyhold: string;
  readonly node: string;
  /** When the copy of the database was begun, UTC: every call that was answered before is in it. */
  readonly begun: string;
}

export const newManifest = (versions: Omit<Manifest, 'format'>): Manifest => ({
  format: FORMAT,
  ...versions,
});

/** Undefined where it is of a form that this version does not know. */
export function readManifest(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text);
    return manifest.format === FORMAT ? manifest : undefined;
  } catch {
    return undefined;
  }
}

export const sumsText = (sums: ReadonlyMap<string, string>): string =>
  Array.from(sums, ([name, sum]) => `${sum}  ${name}\n`).join('');
