import { ApiError } from '@keyhold/api/errors.ts';
import { foldAscii } from '../access/policy/fold.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import { requireCustomPolicy } from './policies.ts';
import type { RamTag } from './records.ts';
import { requireRole } from './require.ts';
import type { AnyRecord } from './rows.ts';

export type TaggedType = 'role' | 'policy';

/** Of each named role or policy: on all of them or none. */
export const setTags = (
  directory: Directory,
  type: TaggedType,
  names: readonly string[],
  tags: readonly RamTag[],
): RamPlan<void> =>
  retag(directory, type, names, (held, name) => {
    const merged = new Map([...held, ...tags].map((tag) => [tag.tagKey, tag]));
    if (merged.size > LIMITS.tags) {
      const message = `The ${type} ${name} would carry more than ${LIMITS.tags} tags.`;
      throw new ApiError('InvalidParameter', { parameter: 'Tag' }, { message });
    }
    return [...merged.values()];
  });

export const removeTags = (
  directory: Directory,
  type: TaggedType,
  names: readonly string[],
  tagKeys: readonly string[] | 'all',
): RamPlan<void> =>
  retag(directory, type, names, (held) =>
    tagKeys === 'all' ? [] : held.filter(({ tagKey }) => !tagKeys.includes(tagKey)),
  );

function retag(
  directory: Directory,
  type: TaggedType,
  names: readonly string[],
  tagsOf: (held: readonly RamTag[], name: string) => readonly RamTag[],
): RamPlan<void> {
  const put = names.map((name): AnyRecord => {
    if (type === 'role') {
      const role = requireRole(directory, name);
      return ['role', { ...role, tags: tagsOf(role.tags, role.roleName) }];
    }
    const policy = requireCustomPolicy(directory, name);
    return ['policy', { ...policy, tags: tagsOf(policy.tags, policy.policyName) }];
  });
  return { result: undefined, put };
}

/** Whether the tags hold all that are wanted; one without value, with any value. */
export const carries = (
  tags: readonly RamTag[],
  wanted: readonly { readonly Key: string; readonly Value?: string | undefined }[],
): boolean =>
  wanted.every(({ Key, Value }) =>
    tags.some(({ tagKey, tagValue }) => tagKey === Key && (Value === undefined || tagValue === Value)),
  );

/** Every tag of the roles or policies named, or of all, that carry what is wanted. `place` orders them. */
export function taggedResources(
  directory: Directory,
  type: TaggedType,
  names: readonly string[] | undefined,
  wanted: Parameters<typeof carries>[1],
): readonly { readonly name: string; readonly tag: RamTag; readonly place: string }[] {
  const all =
    type === 'role'
      ? directory.roles.map(({ roleName, tags }) => ({ name: roleName, tags }))
      : directory.policies.map(({ policyName, tags }) => ({ name: policyName, tags }));
  const require = type === 'role' ? requireRole : requireCustomPolicy;
  for (const name of names ?? []) require(directory, name);
  const named = names && new Set(names.map(foldAscii));
  return all
    .filter(({ name, tags }) => (named?.has(foldAscii(name)) ?? true) && carries(tags, wanted))
    .flatMap(({ name, tags }) =>
      tags.map((tag) => ({ name, tag, place: `${foldAscii(name)} ${tag.tagKey}` })),
    );
}
