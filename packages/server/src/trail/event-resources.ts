import type { Entry } from './entry.ts';

/** A resource that an event is about, `ACS::KMS::Key` and its id. */
export interface Reference {
  readonly type: string;
  readonly name: string;
}

/** By product and first part of the resource in an ARN. Key and Secret are documented, the others follow them. */
const TYPES: Readonly<Record<string, string>> = {
  'kms:key': 'ACS::KMS::Key',
  'kms:alias': 'ACS::KMS::Alias',
  'kms:secret': 'ACS::KMS::Secret',
  'ram:user': 'ACS::RAM::User',
  'ram:group': 'ACS::RAM::Group',
  'ram:role': 'ACS::RAM::Role',
  'ram:policy': 'ACS::RAM::Policy',
  'actiontrail:trail': 'ACS::ActionTrail::Trail',
};

/** What a call made, which no ARN of its request can name. */
const MADE: readonly { readonly action: string; readonly type: string; readonly at: readonly string[] }[] = [
  { action: 'CreateKey', type: 'ACS::KMS::Key', at: ['KeyMetadata', 'KeyId'] },
  { action: 'CreateAccessKey', type: 'ACS::RAM::AccessKey', at: ['AccessKey', 'AccessKeyId'] },
  { action: 'AssumeRole', type: 'ACS::RAM::AccessKey', at: ['Credentials', 'AccessKeyId'] },
  { action: 'AssumeRoleWithOIDC', type: 'ACS::RAM::AccessKey', at: ['Credentials', 'AccessKeyId'] },
];

/** What the call named and what it made, each once; containers (`key`, `user/*`) are no resources. */
export function referencesOf({ action, resources, response }: Entry): readonly Reference[] {
  const found: Reference[] = [];
  const add = (type: string | undefined, name: unknown): void => {
    if (type === undefined || typeof name !== 'string' || name === '' || name === '*') return;
    if (!found.some((known) => known.type === type && known.name === name)) found.push({ type, name });
  };
  for (const arn of resources) {
    const [, product, , , ...rest] = arn.split(':');
    const resource = rest.join(':');
    const slash = resource.indexOf('/');
    if (slash === -1) continue;
    const kind = resource.slice(0, slash);
    // The name of an alias begins with `alias/`.
    add(TYPES[`${product}:${kind}`], kind === 'alias' ? resource : resource.slice(slash + 1));
  }
  if (response === undefined) return found;
  for (const made of MADE) if (made.action === action) add(made.type, memberAt(response, made.at));
  return found;
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** The account an ARN belongs to; undefined where it is nobody's (`*`, a system policy). */
export const ownerOf = (arn: string): string | undefined => /^acs:[^:]*:[^:]*:(\d+):/.exec(arn)?.[1];
