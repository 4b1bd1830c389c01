import { parseRamPrincipal } from '@keyhold/api/arn.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from '../ram/directory.ts';
import { type Asking, decide, policiesOf, requestOf } from './authorise.ts';
import type { Caller } from './caller.ts';
import type { NamedResource } from './naming.ts';
import type { Decision } from './policy/combine.ts';
import { parseConditionKey } from './policy/conditions.ts';
import { explain, type Mismatch } from './policy/evaluate.ts';
import type { NamedPolicy } from './policy/policy.ts';

export interface Simulated {
  readonly decision: Decision;
  readonly notMatched: readonly Mismatch[];
}

/** What is assumed to be otherwise than it is. */
export interface Supposition {
  /** Values of condition keys; they come before those of the request. */
  readonly context: ReadonlyMap<string, string>;
  /** Takes the place of the attached policy of that name, or is one more. */
  readonly policy?: NamedPolicy | undefined;
  readonly keyPolicy?: NamedPolicy | undefined;
}

/** The decision that a real call would get, by the same functions. Nothing is changed. */
export async function simulate(
  asking: Asking,
  resource: NamedResource,
  { context, policy, keyPolicy }: Supposition,
): Promise<Simulated> {
  const identity = supposed(policiesOf(asking).identity, policy);
  const supposing: Asking = { ...asking, supposed: { identity, context: foldKeys(context) } };
  const judged = keyPolicy ? { ...resource, policy: keyPolicy } : resource;
  const tags = resource.key ? await asking.tagsOf(resource.key.keyId) : [];
  const { notMatched } = explain(identity, requestOf(supposing, judged.ask, tags));
  return { decision: await decide(supposing, judged), notMatched };
}

function supposed(attached: readonly NamedPolicy[], policy: NamedPolicy | undefined): readonly NamedPolicy[] {
  if (policy === undefined) return attached;
  return [...attached.filter(({ name }) => name !== policy.name), policy];
}

/** Names of condition keys are told apart without regard to case, what follows them exactly. */
function foldKeys(context: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    Array.from(context, ([text, value]) => {
      const key = parseConditionKey(text);
      if (key === undefined) throw new ApiError('InvalidParameter', { parameter: 'Context' });
      return [key.name + key.of, value];
    }),
  );
}

/** Whoever the ARN names, as the caller of a call that is never made. */
export function callerNamed(directory: Directory, arn: string): Caller {
  const { accountId } = directory;
  const named = parseRamPrincipal(arn);
  if (named === undefined || named.account !== accountId) {
    throw new ApiError('InvalidParameter', { parameter: 'Principal' });
  }
  const nobody = { accountId, accessKeyId: '' };
  if (named.kind === 'root') return { ...nobody, type: 'root-account', principalId: accountId };
  if (named.kind === 'user') {
    const user = directory.user(named.name);
    if (user === undefined) throw new ApiError('EntityNotExist.User', { name: named.name });
    return { ...nobody, type: 'ram-user', principalId: user.userId, userName: user.userName };
  }
  const role = directory.role(named.name);
  if (role === undefined) throw new ApiError('EntityNotExist.Role', { name: named.name });
  const { roleId, roleName } = role;
  const sessionName = 'simulated';
  const session = { roleId, roleName, sessionName, startedAt: 0, assumedBy: '', sessionPolicy: undefined };
  return { ...nobody, ...session, type: 'assumed-role', principalId: `${roleId}:${sessionName}` };
}
