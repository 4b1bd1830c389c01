import { ramResourceArn } from '@keyhold/api/arn.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { SimulatePolicy } from '@keyhold/api/ram/simulation.ts';
import type { Asking } from '../../../access/authorise.ts';
import { admits } from '../../../access/authorise.ts';
import { type NamedResource, named } from '../../../access/naming.ts';
import { parsePolicy } from '../../../access/policy/parse.ts';
import type { NamedPolicy, PolicyKind } from '../../../access/policy/policy.ts';
import { PolicyError } from '../../../access/policy/policy-error.ts';
import { nameResources } from '../../../access/resources.ts';
import { callerNamed, simulate } from '../../../access/simulate.ts';
import type { Kms } from '../../../kms.ts';
import { type CallOf, handler } from '../../handler.ts';

type Call = CallOf<typeof SimulatePolicy>;

export const simulatePolicy = handler(SimulatePolicy, async (kms, call) => {
  const { params } = call;
  const directory = await kms.ram.get(call.home.accountId);
  const caller = callerNamed(directory, params.Principal);
  const asking: Asking = { ...call.asking, caller, directory };
  const resource = await nameResource(kms, call, asking);
  if (resource.missing) throw new ApiError(resource.missing.code, resource.missing.details);
  const { decision, notMatched } = await simulate(asking, resource, {
    context: new Map(Object.entries(params.Context ?? {})),
    policy: supposedPolicy(params, directory.accountId),
    keyPolicy: read('key', 'default', params.KeyPolicy),
  });
  return {
    Decision: decision.decision,
    Rule: decision.rule,
    Resource: resource.ask.resource,
    DecidedBy: decision.reasons.map((reason) => ({ Source: reason.source, ...shown(reason) })),
    NotMatched: notMatched.map((miss) => ({ Source: 'identity', ...shown(miss), Element: miss.element })),
  };
});

/** A key as any operation would find it, with its tags and its policy; anything else as it is written. */
async function nameResource(kms: Kms, { params, home, now }: Call, asking: Asking): Promise<NamedResource> {
  const { SimulatedAction: action, Resource: text = '*' } = params;
  const naming = {
    store: kms.store,
    directories: kms.ram,
    ...asking,
    home,
    now,
    admits: (foreign: NamedResource) => admits(asking, foreign),
  };
  const rule = { kind: 'key', parameter: 'Resource', alias: true } as const;
  const isKey = text !== '*' && !(text.startsWith('acs:') && !/^acs:kms:[^:]*:\d+:key\/[\w-]+$/.test(text));
  if (isKey) {
    const grants = [{ action: action as `${string}:${string}`, resource: rule }];
    const [resource] = await nameResources(naming, { effect: 'use', grants }, params);
    if (resource) return resource;
  }
  return named({ ...naming, action, uses: true }, { kind: 'service' }, text as '*', {});
}

function supposedPolicy(params: Call['params'], accountId: string): NamedPolicy | undefined {
  const name = ramResourceArn(accountId, 'policy', params.PolicyName ?? 'PolicyDocument');
  return read('identity', name, params.PolicyDocument);
}

function read(kind: PolicyKind, name: string, document: string | undefined): NamedPolicy | undefined {
  if (document === undefined) return undefined;
  try {
    return { name, policy: parsePolicy(document, kind) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new ApiError('MalformedPolicyDocument', { reason: error.told() });
  }
}

const shown = ({
  policy,
  statement,
  sid,
  effect,
}: Readonly<Record<'policy', string>> & {
  readonly statement: number;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
}) => ({ Policy: policy, Statement: statement + 1, Sid: sid ?? '', Effect: effect });
