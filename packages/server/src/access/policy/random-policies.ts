import type { Context, PolicyKind, PolicyRequest, Principal } from './policy.ts';

export interface RandomCase {
  readonly policies: readonly { readonly name: string; readonly text: string; readonly kind: PolicyKind }[];
  readonly request: PolicyRequest;
}

type Random = () => number;

/** Mulberry32: 0 to 1, the same run of numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const ACTIONS = [
  'kms:Encrypt',
  'KMS:decrypt',
  'kms:ListKeys',
  'kms:List\u212aeys',
  'ram:GetUser',
  'sts:AssumeRole',
];
const RESOURCES = [
  '*',
  ...['key', 'key/1', 'Key/1', 'alias', 'alias/a:b/c', 'key/..', 'key/é', 'key/e\u0301', 'key/😀'].map(
    (relative) => `acs:kms:cn-hangzhou:1111:${relative}`,
  ),
  ...['user/a/b', 'role/*', 'policy/?'].map((relative) => `acs:ram:*:1111:${relative}`),
  ...[
    'acs:kms::2222:key/1',
    'acs:ram::1111:user/a',
    'acs:KMS:cn-beijing:*:key/1',
    'arn:kms:a:1111:key/1',
    'acs:a',
  ],
];
const PRINCIPALS: readonly Principal[] = [
  { type: 'root-account', accountId: '1111' },
  { type: 'ram-user', accountId: '1111', userName: 'Alice' },
  { type: 'ram-user', accountId: '2222', userName: 'user' },
  { type: 'assumed-role', accountId: '1111', roleName: 'alice' },
  { type: 'assumed-role', accountId: '2222', roleName: '__proto__' },
  { type: 'oidc-user', accountId: '1111', providerName: 'Alice' },
  { type: 'oidc-user', accountId: '2222', providerName: 'my.issuer' },
];
const NAMED = [
  'root',
  '*',
  'user/alice',
  'user/Alice',
  'user/user',
  'role/ALICE',
  'role/__proto__',
  'user/..',
];
const PROVIDERS = [
  'oidc-provider/alice',
  'oidc-provider/my.issuer',
  'saml-provider/Alice',
  'oidc-provider/user',
];

/** Condition keys as policies spell them, by what they hold. */
const KEYS = {
  text: [
    ...['kms:tag/Project', 'KMS:Tag/Project', 'kms:tag/project', 'kms:tag/__proto__', 'acs:ResourceTag/a:b'],
    ...['kms:EncryptionContext:a:B', 'kms:encryptioncontext:constructor', 'acs:UserAgent', 'kms:tag/*'],
  ],
  number: ['acs:Number', 'kms:tag/size'],
  date: ['acs:CurrentTime', 'acs:currenttime'],
  ip: ['acs:SourceIp', 'acs:SourceIP'],
  truth: ['acs:SecureTransport', 'acs:MFAPresent'],
} as const;

type Type = keyof typeof KEYS;
const TYPES = Object.keys(KEYS) as Type[];

const VALUES: Readonly<Record<Type, readonly string[]>> = {
  text: [
    ...['', 'Apollo', 'apollo', 'APOLLO', '*', '?', 'a', 'k', '\u212a', 'ı', 'i', 'I', 'İ', 'ß', 'ẞ', 'ss'],
    ...[
      'é',
      'e\u0301',
      '😀',
      'a😀b',
      'Σ',
      'ς',
      'ſ',
      'S',
      'a/b',
      '..',
      'а',
      'constructor',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: policies have no variables
      '${acs:UserAgent}',
      '[a]',
    ],
  ],
  number: ['0', '-0', '1', '01', '1.0', '1.5', '-1.5', '10', '+2', '100', '99.99', '-2'],
  date: [
    ...[
      '2012-11-11T23:59:59Z',
      '2012-11-12T07:59:59+08:00',
      '2012-11-11T23:59:59.000Z',
      '2012-11-12T00:00:00Z',
    ],
    ...[
      '2019-08-12T17:00:00+08:00',
      '2019-08-12T17:00:00Z',
      '2020-02-29T00:00:00-12:30',
      '0000-01-01T00:00:00Z',
    ],
  ],
  ip: [
    ...[
      '10.0.0.1',
      '10.0.0.2',
      '::ffff:10.0.0.1',
      '192.168.1.255',
      '::1',
      '2001:db8::1',
      '2001:db8::2',
      '::',
    ],
  ],
  truth: ['true', 'false'],
};

const BLOCKS = [
  '10.0.0.0/8',
  '10.0.0.2/31',
  '0.0.0.0/0',
  '::/0',
  '2001:db8::/127',
  '192.168.0.0/17',
  '::1/128',
];

const OPERATORS: Readonly<Record<Type, readonly string[]>> = {
  text: [
    ...['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
    ...['StringLike', 'StringNotLike'],
  ],
  number: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    (name) => `Numeric${name}`,
  ),
  date: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    (name) => `Date${name}`,
  ),
  ip: ['IpAddress', 'NotIpAddress'],
  truth: ['Bool'],
};

/** One request, and policies that are about it often enough for all three decisions to come up. */
export function randomCase(random: Random): RandomCase {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (share: number): boolean => random() < share;
  const many = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, make);

  const carried = new Map<string, string | readonly string[]>();
  const folded = (key: string) => {
    const [, name = '', of = ''] = /^([^/:]*:[^/:]*[/:]?)(.*)$/s.exec(key) ?? [];
    return `${name.toLowerCase()} ${of}`;
  };
  for (const type of TYPES) {
    for (const key of KEYS[type]) {
      if (!chance(0.7)) continue;
      const value = () => pick(VALUES[chance(0.05) ? pick(TYPES) : type]);
      carried.set(folded(key), chance(0.85) ? value() : chance(0.1) ? [] : many(3, value));
    }
  }
  const context: Context = ({ name, of }) => carried.get(`${name} ${of}`);
  const request = { action: pick(ACTIONS), resource: pick(RESOURCES), principal: pick(PRINCIPALS), context };

  /** The text itself, or with wildcards for some of it. */
  const patternOf = (text: string): string => {
    const points = Array.from(text);
    return points
      .map((point) => (chance(0.08) ? '?' : chance(0.08) ? pick(['*', '', `*${point}`, '**']) : point))
      .join('');
  };
  const oneOrList = (make: () => string): string | string[] => (chance(0.5) ? make() : many(3, make));

  const action = () => {
    const text = chance(0.55) ? request.action : pick(ACTIONS);
    const ascii = text.replaceAll('\u212a', 'K');
    if (chance(0.25)) return '*';
    return (chance(0.4) ? patternOf(ascii) : chance(0.3) ? ascii.toUpperCase() : ascii) || '*';
  };
  const resource = () => {
    if (chance(0.4)) return '*';
    const pattern = patternOf(chance(0.6) ? request.resource : pick(RESOURCES)) || '*';
    return pattern.split(':').length > 4 && !pattern.startsWith('acs:') ? '*' : pattern;
  };
  const account = () => (chance(0.8) ? request.principal.accountId : pick(['1111', '2222']));
  const place = () => `acs:ram:${pick(['', '*'])}:${account()}`;
  const principal = () => `${place()}:${chance(0.4) ? '*' : pick(NAMED)}`;
  const provider = () => `${place()}:${pick(PROVIDERS)}`;
  /** Who it may be depends on the kind: keys trust nobody else's word. */
  const principals = (kind: PolicyKind) => {
    const federated = request.principal.type === 'oidc-user' ? 0.8 : 0.2;
    if (kind === 'key' || !chance(federated)) return { RAM: oneOrList(principal) };
    return { Federated: oneOrList(provider), ...(chance(0.3) ? { RAM: oneOrList(principal) } : {}) };
  };
  const expected = (type: Type, key: string): string => {
    const given = carried.get(folded(key));
    const own =
      typeof given === 'string' && (VALUES[type].includes(given) || type === 'text') ? given : undefined;
    const value = own !== undefined && chance(0.6) ? own : pick(VALUES[type]);
    if (type === 'ip') return chance(0.5) ? pick(BLOCKS) : value;
    return type === 'text' && chance(0.2) ? patternOf(value) : value;
  };
  const condition = () => {
    const operators: Record<string, Record<string, string | string[]>> = {};
    for (let left = pick([1, 1, 2]); left > 0; left--) {
      const type = chance(0.5) ? 'text' : pick(TYPES);
      const key = pick(KEYS[type]);
      const keys = { [key]: oneOrList(() => expected(type, key)) };
      operators[pick(OPERATORS[type])] = keys;
    }
    return operators;
  };
  const statement = (kind: PolicyKind) => ({
    ...(chance(0.3) ? { Sid: pick(['one', 'two', '']) } : {}),
    Effect: chance(0.7) ? 'Allow' : 'Deny',
    ...(kind === 'key'
      ? { Action: oneOrList(() => pick(['kms:*', 'KMS:?ncrypt', 'kms:List*', 'kms:Decrypt'])), Resource: '*' }
      : { [chance(0.85) ? 'Action' : 'NotAction']: oneOrList(action) }),
    ...(kind === 'identity' ? { [chance(0.85) ? 'Resource' : 'NotResource']: oneOrList(resource) } : {}),
    ...(kind === 'identity' ? {} : { Principal: principals(kind) }),
    ...(chance(0.5) ? { Condition: condition() } : {}),
  });
  const policies = many(2, () => {
    const kind = pick<PolicyKind>(['identity', 'identity', 'trust', 'key']);
    const text = JSON.stringify({ Version: '1', Statement: many(3, () => statement(kind)) });
    return { name: pick(['p', 'q']), text, kind };
  });
  return { policies, request };
}
