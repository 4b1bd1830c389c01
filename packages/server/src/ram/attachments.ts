import { ApiError } from '@keyhold/api/errors.ts';
import type { Directory } from './directory.ts';
import { LIMITS } from './limits.ts';
import type { RamPlan } from './plan.ts';
import type { Attachment, PolicyType } from './records.ts';
import { refuse, requireGroup, requirePolicy, requireRole, requireUser } from './require.ts';

export type TargetKind = Attachment['target']['kind'];

export interface Wanted {
  readonly policyType: PolicyType;
  readonly policyName: string;
  readonly kind: TargetKind;
  /** Name of the user, group or role. */
  readonly name: string;
}

const ID_OF: Readonly<Record<TargetKind, (directory: Directory, name: string) => string>> = {
  user: (directory, name) => requireUser(directory, name).userId,
  group: (directory, name) => requireGroup(directory, name).groupId,
  role: (directory, name) => requireRole(directory, name).roleId,
};

const CODES = {
  user: {
    attached: 'EntityAlreadyExists.User.Policy',
    absent: 'EntityNotExist.User.Policy',
    full: 'LimitExceeded.User.Policy',
  },
  group: {
    attached: 'EntityAlreadyExists.Group.Policy',
    absent: 'EntityNotExist.Group.Policy',
    full: 'LimitExceeded.Group.Policy',
  },
  role: {
    attached: 'EntityAlreadyExists.Role.Policy',
    absent: 'EntityNotExist.Role.Policy',
    full: 'LimitExceeded.Role.Policy',
  },
} as const;

export function attach(directory: Directory, wanted: Wanted, now: number): RamPlan<void> {
  const { target, policyType, policyName, present } = find(directory, wanted);
  if (present) refuse(CODES[wanted.kind].attached, policyName);
  const limit = LIMITS.attachments[wanted.kind][policyType];
  const held = directory.attachmentsTo(wanted.kind, target.id);
  if (held.filter((attachment) => attachment.policyType === policyType).length >= limit) {
    throw new ApiError(CODES[wanted.kind].full, { limit: `${limit} ${policyType}` });
  }
  const attachment = { policyType, policyName, target, attachedAt: now };
  return { result: undefined, put: [['attachment', attachment]] };
}

export function detach(directory: Directory, wanted: Wanted): RamPlan<void> {
  const { policyName, present } = find(directory, wanted);
  if (present === undefined) refuse(CODES[wanted.kind].absent, policyName);
  return { result: undefined, remove: [['attachment', present]] };
}

function find(directory: Directory, { kind, name, ...wanted }: Wanted) {
  const target = { kind, id: ID_OF[kind](directory, name) };
  const { policyType, policyName } = requirePolicy(directory, wanted.policyType, wanted.policyName);
  const present = directory
    .attachmentsTo(kind, target.id)
    .find((attachment) => attachment.policyType === policyType && attachment.policyName === policyName);
  return { target, policyType, policyName, present };
}
