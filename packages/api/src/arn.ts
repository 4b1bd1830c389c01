/** ARNs: `acs:<product>:<region>:<account>:<resource>`. */
export type Arn = `acs:${string}`;

const kms = (region: string, account: string, resource: string): Arn =>
  `acs:kms:${region}:${account}:${resource}`;

export const keyArn = (region: string, account: string, keyId: string): Arn =>
  kms(region, account, `key/${keyId}`);

/** `aliasName` is the full name, `alias/...`. */
export const aliasArn = (region: string, account: string, aliasName: string): Arn =>
  kms(region, account, aliasName);

export const keysArn = (region: string, account: string): Arn => kms(region, account, 'key');
export const aliasesArn = (region: string, account: string): Arn => kms(region, account, 'alias');

export interface KeyArn {
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

/** The parts of a key ARN, or undefined where the text is not one. */
export function parseKeyArn(text: string): KeyArn | undefined {
  const match = /^acs:kms:([a-z0-9-]+):(\d{1,20}):key\/([A-Za-z0-9-]{1,64})$/.exec(text);
  const [, region, account, keyId] = match ?? [];
  return region && account && keyId ? { region, account, keyId } : undefined;
}

// --- RAM: answers leave the region empty, permissions are asked for with `*` there (RAM 1, 8.2) ---------

export const rootArn = (account: string): Arn => `acs:ram::${account}:root`;

/** As answers give it: User and Role `Arn`, GetCallerIdentity. */
export const identityArn = (account: string, kind: 'user' | 'role', name: string): Arn =>
  `acs:ram::${account}:${kind}/${name}`;

export const sessionArn = (account: string, roleName: string, sessionName: string): Arn =>
  `${identityArn(account, 'role', roleName)}/${sessionName}`;

/** Stands for the account in the ARNs of system policies. */
export const SYSTEM_ACCOUNT = 'system';

/** As permissions name it; `*` for `name` is the container. */
export const ramResourceArn = (
  account: string,
  kind: 'user' | 'group' | 'role' | 'policy',
  name: string,
): Arn => `acs:ram:*:${account}:${kind}/${name}`;

export interface RoleArn {
  readonly account: string;
  readonly roleName: string;
}

/** The parts of a role ARN as AssumeRole takes it, or undefined where the text is not one. */
export function parseRoleArn(text: string): RoleArn | undefined {
  const match = /^acs:ram::(\d{1,20}):role\/([A-Za-z0-9.-]{1,64})$/.exec(text);
  const [, account, roleName] = match ?? [];
  return account && roleName ? { account, roleName } : undefined;
}

export type RamPrincipal =
  | { readonly account: string; readonly kind: 'root' }
  | { readonly account: string; readonly kind: 'user' | 'role'; readonly name: string };

/** The parts of the ARN of an account, a user or a role, or undefined where the text is none. */
export function parseRamPrincipal(text: string): RamPrincipal | undefined {
  const match = /^acs:ram:\*?:(\d{1,20}):(?:(root)|(user|role)\/([A-Za-z0-9._-]{1,64}))$/.exec(text);
  const [, account, root, kind, name] = match ?? [];
  if (account === undefined) return undefined;
  if (root !== undefined) return { account, kind: 'root' };
  return name === undefined ? undefined : { account, kind: kind === 'user' ? 'user' : 'role', name };
}

// --- ActionTrail ---------------------------------------------------------------------------------------

/** `*` for `name` is the container. */
export const trailArn = (region: string, account: string, name: string): Arn =>
  `acs:actiontrail:${region}:${account}:trail/${name}`;
