import { aliasArn, aliasesArn, keyArn, keysArn, parseKeyArn } from '@keyhold/api/arn.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { KmsResourceRule, ResourceRule } from '@keyhold/api/resource-rule.ts';
import { parseCiphertext } from '../keys/ciphertext.ts';
import { asOf } from '../keys/key.ts';
import { nameAccountResources } from './account-resources.ts';
import {
  container,
  type NamedResource,
  type Naming,
  type NamingPorts,
  named,
  type Parameters,
  text,
} from './naming.ts';

/** Every resource of the operation's grants, in their order. */
export async function nameResources(
  ports: NamingPorts,
  operation: Pick<Operation, 'effect' | 'grants'>,
  parameters: Parameters,
): Promise<readonly NamedResource[]> {
  const resources: NamedResource[] = [];
  const uses = operation.effect === 'use';
  for (const { action, resource: rule } of operation.grants) {
    const naming = { ...ports, action, uses };
    resources.push(
      ...((await nameAccountResources(naming, rule, parameters)) ??
        (await nameByRule(naming, rule as KmsResourceRule, namedValue(rule, parameters)))),
    );
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
  rule: KmsResourceRule,
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
      const own = await keyById(naming, rule, ciphertext.keyId);
      const foreign = own.missing && (await admittingKey(naming, rule, ciphertext.keyId));
      return [{ ...(foreign ?? own), ciphertext }];
    }
    case 'key':
      return [await namedKey(naming, rule, text(rule.parameter, value))];
  }
}

async function namedKey(
  naming: Naming,
  rule: Extract<KmsResourceRule, { kind: 'key' }>,
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
  const foreign = await admittingKey(naming, rule, arn.keyId);
  if (foreign?.ask.resource === shown) return foreign;
  return named(naming, rule, shown, { owner: arn.account, missing: { code: 'Forbidden.KeyNotFound' } });
}

/**
 * A key of another account in this region whose policy admits the caller. Any other is answered like one that
 * is not there, whatever the caller's own policies say: they must not be asked about the tags of others.
 */
async function admittingKey(
  naming: Naming,
  rule: ResourceRule,
  keyId: string,
): Promise<NamedResource | undefined> {
  const key = naming.uses ? await naming.store.keys.find(keyId) : undefined;
  if (key === undefined || key.accountId === naming.home.accountId) return undefined;
  const { accountId, region } = key;
  if (region !== naming.home.region) return undefined;
  const policy = (await naming.directories.get(accountId)).keyPolicy(keyId);
  const found = { owner: accountId, key: asOf(key, naming.now), policy };
  const resource = named(naming, rule, keyArn(region, accountId, keyId), found);
  return (await naming.admits(resource)) ? resource : undefined;
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

/** A key of another account or region is named and answered like none. */
async function keyById(naming: Naming, rule: ResourceRule, keyId: string): Promise<NamedResource> {
  const { accountId, region } = naming.home;
  const key = await naming.store.keys.find(keyId);
  const shown = keyArn(region, accountId, keyId);
  const here = key?.accountId === accountId && key.region === region;
  if (!here) return named(naming, rule, shown, { missing: { code: 'Forbidden.KeyNotFound' } });
  return named(naming, rule, shown, {
    key: asOf(key, naming.now),
    policy: naming.directory.keyPolicy(keyId),
  });
}
