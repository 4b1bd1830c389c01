import { type Arn, aliasArn, aliasesArn, keyArn, keysArn, parseKeyArn } from '@keyhold/api/arn.ts';
import { ApiError, type ErrorCode, type ErrorDetails } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { ResourceRule } from '@keyhold/api/resource-rule.ts';
import { type Ciphertext, parseCiphertext } from '../keys/ciphertext.ts';
import { isDestroyed, type Key } from '../keys/key.ts';
import type { Alias, Home, Store } from '../store/store.ts';
import type { Ask } from './authorise.ts';

/** A resource the request names, there or not. Nothing about it may be told before the caller is allowed. */
export interface NamedResource {
  readonly ask: Ask;
  readonly kind: ResourceRule['kind'];
  readonly parameter: string | undefined;
  readonly key: Key | undefined;
  readonly alias: Alias | undefined;
  /** The blob that named the key. */
  readonly ciphertext: Ciphertext | undefined;
  /** What an allowed caller is told where the resource is not there. */
  readonly missing: { readonly code: ErrorCode; readonly details?: ErrorDetails } | undefined;
}

interface Naming {
  readonly store: Pick<Store, 'keys' | 'aliases'>;
  readonly home: Home;
  readonly now: number;
  readonly action: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Every resource of the operation's grants, in their order. */
export async function nameResources(
  naming: Omit<Naming, 'action'>,
  operation: Operation,
  parameters: Parameters,
): Promise<readonly NamedResource[]> {
  const resources: NamedResource[] = [];
  for (const { action, resource: rule } of operation.grants) {
    const value = namedValue(rule, parameters);
    resources.push(...(await nameByRule({ ...naming, action }, rule, value)));
  }
  return resources;
}

function namedValue(rule: ResourceRule, parameters: Parameters): unknown {
  if (!('parameter' in rule)) return undefined;
  const value = parameters[rule.parameter];
  return value === undefined && 'alternative' in rule ? parameters[rule.alternative] : value;
}

async function nameByRule(
  naming: Naming,
  rule: ResourceRule,
  value: unknown,
): Promise<readonly NamedResource[]> {
  const { region, accountId } = naming.home;
  switch (rule.kind) {
    case 'service':
      return [container(naming, rule, '*')];
    case 'keys':
      return [container(naming, rule, keysArn(region, accountId))];
    case 'aliases':
      return [container(naming, rule, aliasesArn(region, accountId))];
    case 'listedKeys':
      if (!Array.isArray(value)) return [container(naming, rule, keysArn(region, accountId))];
      return Promise.all(value.map((id) => listedKey(naming, rule, text(rule.parameter, id))));
    case 'alias':
      return [await namedAlias(naming, rule, text(rule.parameter, value))];
    case 'aliasTarget':
      return [await aliasTarget(naming, rule, text(rule.parameter, value))];
    case 'ciphertextKey': {
      const ciphertext = parseCiphertext(rule.parameter, text(rule.parameter, value));
      return [{ ...(await keyById(naming, rule, ciphertext.keyId)), ciphertext }];
    }
    case 'key':
      return [await namedKey(naming, rule, text(rule.parameter, value))];
  }
}

function text(parameter: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ApiError('MissingParameter', { parameter });
}

async function namedKey(
  naming: Naming,
  rule: Extract<ResourceRule, { kind: 'key' }>,
  name: string,
): Promise<NamedResource> {
  if (name.startsWith('alias/')) {
    if (rule.alias !== true) throw new ApiError('Unsupported.Alias', { parameter: rule.parameter });
    return aliasTarget(naming, rule, name);
  }
  if (!name.startsWith('acs:')) return keyById(naming, rule, name);
  const arn = parseKeyArn(name);
  if (arn === undefined) throw new ApiError('InvalidParameter', { parameter: rule.parameter });
  if (arn.account === naming.home.accountId && arn.region === naming.home.region) {
    return keyById(naming, rule, arn.keyId);
  }
  const shown = keyArn(arn.region, arn.account, arn.keyId);
  return named(naming, rule, shown, { owner: arn.account, missing: { code: 'Forbidden.KeyNotFound' } });
}

/** The key an alias points to, asked for as the key (KMS semantics 9) and shown as the alias. */
async function aliasTarget(naming: Naming, rule: ResourceRule, aliasName: string): Promise<NamedResource> {
  const shown = aliasArn(naming.home.region, naming.home.accountId, aliasName);
  const alias = await naming.store.aliases.find(naming.home, aliasName);
  if (alias === undefined) {
    return named(naming, rule, shown, { missing: { code: 'Forbidden.AliasNotFound' } });
  }
  const key = await keyById(naming, rule, alias.keyId);
  return { ...key, ask: { ...key.ask, shown }, alias };
}

async function namedAlias(naming: Naming, rule: ResourceRule, aliasName: string): Promise<NamedResource> {
  const alias = await naming.store.aliases.find(naming.home, aliasName);
  return named(naming, rule, aliasArn(naming.home.region, naming.home.accountId, aliasName), { alias });
}

async function listedKey(naming: Naming, rule: ResourceRule, keyId: string): Promise<NamedResource> {
  const resource = await keyById(naming, rule, keyId);
  if (resource.missing === undefined) return resource;
  return { ...resource, missing: { code: 'InvalidResourceId.NotFound', details: { resourceId: keyId } } };
}

/** A key of another account or region, or past its deletion date, is named and answered like none. */
async function keyById(naming: Naming, rule: ResourceRule, keyId: string): Promise<NamedResource> {
  const { accountId, region } = naming.home;
  const key = await naming.store.keys.find(keyId);
  const shown = keyArn(region, accountId, keyId);
  const here = key?.accountId === accountId && key.region === region && !isDestroyed(key, naming.now);
  return named(naming, rule, shown, here ? { key } : { missing: { code: 'Forbidden.KeyNotFound' } });
}

function container(naming: Naming, rule: ResourceRule, shown: Arn | '*'): NamedResource {
  return named(naming, rule, shown, {});
}

function named(
  naming: Naming,
  rule: ResourceRule,
  shown: Arn | '*',
  found: Partial<Pick<NamedResource, 'key' | 'alias' | 'missing'>> & { owner?: string },
): NamedResource {
  return {
    ask: { action: naming.action, resource: shown, shown, owner: found.owner ?? naming.home.accountId },
    kind: rule.kind,
    parameter: 'parameter' in rule ? rule.parameter : undefined,
    key: found.key,
    alias: found.alias,
    ciphertext: undefined,
    missing: found.missing,
  };
}
