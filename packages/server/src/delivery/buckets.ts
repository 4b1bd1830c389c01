import { fileURLToPath } from 'node:url';
import { StartError } from '../start-error.ts';

/** What a bucket name of a trail stands for: the operator says so, never a caller. */
export interface Bucket {
  readonly name: string;
  /** Whose trails may use it; undefined: everyone's. */
  readonly accountId: string | undefined;
  readonly place: Place;
}

export type Place = { readonly kind: 'directory'; readonly path: string } | S3Place;

export interface S3Place {
  readonly kind: 's3';
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Whether the bucket stands in the path or in the host name. */
  readonly style: 'path' | 'host';
  readonly profile: string | undefined;
}

export const findBucket = (buckets: readonly Bucket[], accountId: string, name: string): Bucket | undefined =>
  buckets.find(
    (bucket) => bucket.name === name && (bucket.accountId === undefined || bucket.accountId === accountId),
  );

const FORM =
  '[account/]name=file:/path or [account/]name=s3://bucket?region=...&endpoint=..., separated by commas';

/** Throws StartError. No address is ever quoted: somebody may have put credentials into one. */
export function parseBuckets(setting: string, text: string): readonly Bucket[] {
  if (text === '') return [];
  const buckets = text.split(',').map((entry) => parseBucket(setting, entry.trim()));
  for (const [i, { name, accountId }] of buckets.entries()) {
    const clash = (other: Bucket) =>
      other.name === name &&
      (other.accountId === accountId || other.accountId === undefined || accountId === undefined);
    if (buckets.slice(0, i).some(clash)) throw new StartError(`${setting} has the bucket ${name} twice`);
  }
  return buckets;
}

function parseBucket(setting: string, entry: string): Bucket {
  const [, accountId, name, address = ''] =
    /^(?:(\d{16})\/)?([a-z0-9][a-z0-9-]{2,62})=(.+)$/.exec(entry) ?? [];
  if (name === undefined) throw new StartError(`${setting}: expected ${FORM}`);
  const refuse = (what: string): never => {
    throw new StartError(`${setting}: the address of the bucket ${name} ${what}`);
  };
  const url = URL.canParse(address) ? new URL(address) : refuse(`is no URL; expected ${FORM}`);
  if (url.username !== '' || url.password !== '') {
    refuse('must not hold credentials: put them into the environment variables or the file of the AWS SDK');
  }
  switch (url.protocol) {
    case 'file:':
      if (url.search !== '' || url.host !== '') refuse('is not of the form file:/path');
      return { name, accountId, place: { kind: 'directory', path: fileURLToPath(url) } };
    case 's3:':
      return { name, accountId, place: parseS3(url, refuse) };
    default:
      return refuse('begins with neither file: nor s3:');
  }
}

const S3_OPTIONS = ['region', 'endpoint', 'style', 'profile'];

function parseS3(url: URL, refuse: (what: string) => never): S3Place {
  const { searchParams: options, hostname: bucket, pathname } = url;
  if (bucket === '') refuse('names no bucket: s3://bucket');
  if (pathname !== '' && pathname !== '/') refuse('has a path; the prefix is the OssKeyPrefix of the trail');
  for (const name of options.keys()) {
    if (!S3_OPTIONS.includes(name)) refuse(`has an option other than ${S3_OPTIONS.join(', ')}`);
  }
  const endpoint = options.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^/@?#]+\/?$/.test(endpoint)) {
    refuse('has an endpoint that is not of the form https://host:port');
  }
  // What speaks as S3 does seldom answers under a host name for each bucket.
  const style = options.get('style') ?? (endpoint === undefined ? 'host' : 'path');
  if (style !== 'path' && style !== 'host') return refuse('has a style other than path and host');
  return {
    kind: 's3',
    bucket,
    endpoint,
    region: options.get('region') ?? 'us-east-1',
    style,
    profile: options.get('profile') ?? undefined,
  };
}
