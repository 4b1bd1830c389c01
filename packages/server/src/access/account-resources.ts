import { parseRoleArn, ramResourceArn, SYSTEM_ACCOUNT, trailArn } from '@keyhold/api/arn.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { oidcProviderResourceArn } from '@keyhold/api/ims/arn.ts';
import type { ResourceRule } from '@keyhold/api/resource-rule.ts';
import type { Directory } from '../ram/directory.ts';
import { container, type NamedResource, type Naming, named, type Parameters, text } from './naming.ts';
import type { NamedPolicy } from './policy/policy.ts';
import { findSystemPolicy } from './policy/system-policies.ts';

/**
 * What RAM, STS and ActionTrail name (RAM 8.2); undefined for a rule of KMS. Whether it is there is for the
 * handler to find out. Names are asked for as they are stored: a Deny on `user/bob` holds for `BOB` too.
 */
export async function nameAccountResources(
  naming: Naming,
  rule: ResourceRule,
  parameters: Parameters,
): Promise<readonly NamedResource[] | undefined> {
  const { accountId, region } = naming.home;
  const ram = (kind: RamKind, name: string, owner?: string) => {
    const tags = owner === undefined ? tagsOf(naming.directory, kind, name) : [];
    return named(naming, rule, ramResourceArn(owner ?? accountId, kind, name), { tags });
  };
  switch (rule.kind) {
    case 'users':
    case 'groups':
    case 'roles':
    case 'policies':
      return [ram(CONTAINED[rule.kind], '*')];
    case 'oidcProviders':
      return [container(naming, rule, oidcProviderResourceArn(accountId, '*'))];
    case 'oidcProvider': {
      const name = text(rule.parameter, parameters[rule.parameter]);
      const providerName = naming.directory.oidcProvider(name)?.providerName ?? name;
      return [named(naming, rule, oidcProviderResourceArn(accountId, providerName), {})];
    }
    case 'trails':
      return [container(naming, rule, trailArn(region, accountId, '*'))];
    case 'trail':
      return [
        named(
          naming,
          rule,
          trailArn(region, accountId, text(rule.parameter, parameters[rule.parameter])),
          {},
        ),
      ];
    case 'user':
      if (rule.ifGiven && parameters[rule.parameter] === undefined) return [];
      return [ram('user', userName(naming, rule, parameters))];
    case 'group':
    case 'role':
      return [
        ram(rule.kind, stored(naming.directory, rule.kind, text(rule.parameter, parameters[rule.parameter]))),
      ];
    case 'policy': {
      const name = text(rule.parameter, parameters[rule.parameter]);
      const system = rule.typeParameter !== undefined && parameters[rule.typeParameter] === 'System';
      return [
        system
          ? ram('policy', findSystemPolicy(name)?.name ?? name, SYSTEM_ACCOUNT)
          : ram('policy', stored(naming.directory, 'policy', name)),
      ];
    }
    case 'listedByType': {
      const kind = parameters[rule.typeParameter] === 'role' ? 'role' : 'policy';
      const names = parameters[rule.parameter];
      if (!Array.isArray(names)) return [ram(kind, '*')];
      return names.map((name) => ram(kind, stored(naming.directory, kind, text(rule.parameter, name))));
    }
    case 'roleArn':
      return namedRole(naming, rule, parameters[rule.parameter]);
    default:
      return undefined;
  }
}

type RamKind = 'user' | 'group' | 'role' | 'policy';

const CONTAINED = { users: 'user', groups: 'group', roles: 'role', policies: 'policy' } as const;

/** The account that names nobody means its own access keys; it is the only one to pass as `user/*`. */
function userName(
  { caller, directory }: Naming,
  rule: Extract<ResourceRule, { kind: 'user' }>,
  parameters: Parameters,
): string {
  const given = parameters[rule.parameter];
  if (typeof given === 'string') return stored(directory, 'user', given);
  if (rule.orCaller && caller.type === 'ram-user') return caller.userName;
  if (rule.orCaller && caller.type === 'root-account') return '*';
  throw new ApiError('MissingParameter', { parameter: rule.parameter });
}

function tagsOf(directory: Directory, kind: RamKind, name: string): NamedResource['tags'] {
  const found =
    kind === 'role' ? directory.role(name) : kind === 'policy' ? directory.policy(name) : undefined;
  return found?.tags ?? [];
}

function stored(directory: Directory, kind: RamKind, name: string): string {
  switch (kind) {
    case 'user':
      return directory.user(name)?.userName ?? name;
    case 'group':
      return directory.group(name)?.groupName ?? name;
    case 'role':
      return directory.role(name)?.roleName ?? name;
    case 'policy':
      return directory.policy(name)?.policyName ?? name;
  }
}

const TRUSTS_NOBODY: NamedPolicy = { name: '', policy: { kind: 'trust', statements: [] } };

/**
 * A role that is not there trusts nobody. That it is missing is told within its account only: elsewhere a role
 * that does not trust the caller is named and answered like none.
 */
async function namedRole(
  naming: Naming,
  rule: ResourceRule,
  value: unknown,
): Promise<readonly NamedResource[]> {
  if (value === undefined) return [];
  const arn = parseRoleArn(String(value));
  if (arn === undefined) throw new ApiError('InvalidParameter.RoleArn', { parameter: 'RoleArn' });
  const directory = await naming.directories.get(arn.account);
  const role = directory.role(arn.roleName);
  const isOwn = arn.account === naming.home.accountId;
  const owner = arn.account;
  if (role) {
    // The trust policy says who may assume the role, and nothing about who may pass it.
    const policy = naming.action === 'sts:AssumeRole' ? directory.trustPolicyOf(role) : undefined;
    const found = policy === undefined ? { owner } : { owner, policy };
    const there = named(naming, rule, ramResourceArn(owner, 'role', role.roleName), found);
    if (isOwn || (await naming.admits(there))) return [there];
  }
  const missing = { code: 'EntityNotExist.Role', details: { name: arn.roleName } } as const;
  const policy = isOwn ? undefined : TRUSTS_NOBODY;
  return [named(naming, rule, ramResourceArn(owner, 'role', arn.roleName), { owner, missing, policy })];
}
