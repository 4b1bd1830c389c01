import { parseRoleArn, sessionArn } from '@keyhold/api/arn.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import type { RequestOf } from '@keyhold/api/operation.ts';
import { type AssumeRole, DEFAULT_SESSION_SECONDS, MAX_SESSION_POLICY_CHARS } from '@keyhold/api/sts/sts.ts';
import { parsePolicy } from '../../access/policy/parse.ts';
import { PolicyError } from '../../access/policy/policy-error.ts';
import type { Kms } from '../../kms.ts';
import type { Role } from '../../ram/records.ts';
import { Conflict } from '../../store/store.ts';
import { dateText } from '../date-text.ts';
import type { CallOf } from '../handler.ts';

type Call = Pick<CallOf<typeof AssumeRole>, 'caller' | 'now' | 'resources'> & {
  readonly params: Pick<
    RequestOf<typeof AssumeRole>,
    'RoleArn' | 'RoleSessionName' | 'DurationSeconds' | 'Policy'
  >;
};

/** Temporary credentials of the role that the caller was allowed to assume (RAM 8.4). */
export async function issueSession(kms: Kms, call: Call) {
  const { RoleSessionName: sessionName, DurationSeconds = DEFAULT_SESSION_SECONDS, Policy } = call.params;
  const { account, role } = await allowedRole(kms, call);
  if (DurationSeconds > role.maxSessionSeconds) throw new ApiError('InvalidParameter.DurationSeconds');
  if (Policy !== undefined) requireSessionPolicy(Policy);
  const expiresAt = call.now + DurationSeconds * 1000;
  const issued = kms.sessions.issue({
    accountId: account,
    roleId: role.roleId,
    sessionName,
    assumedBy: call.caller.principalId,
    startedAt: call.now,
    expiresAt,
    policy: Policy,
  });
  return {
    AssumedRoleUser: {
      Arn: sessionArn(account, role.roleName, sessionName),
      AssumedRoleId: `${role.roleId}:${sessionName}`,
    },
    Credentials: {
      AccessKeyId: issued.accessKeyId,
      AccessKeySecret: issued.accessKeySecret,
      SecurityToken: issued.securityToken,
      Expiration: dateText(expiresAt),
    },
  };
}

/**
 * The role as its trust policy admitted the caller. One that was changed since, or deleted and made again under
 * its name, has not admitted anybody yet: the call is judged again.
 */
async function allowedRole(
  kms: Kms,
  { params, resources }: Call,
): Promise<{ readonly account: string; readonly role: Role }> {
  const { account, roleName } = parseRoleArn(params.RoleArn) ?? {};
  if (account === undefined || roleName === undefined) throw new Error('the contract has checked RoleArn');
  const admitted = resources.find(({ kind }) => kind === 'roleArn')?.policy;
  const directory = await kms.ram.get(account);
  const role = directory.role(roleName);
  if (role === undefined || admitted === undefined || directory.trustPolicyOf(role) !== admitted) {
    throw new Conflict();
  }
  return { account, role };
}

function requireSessionPolicy(document: string): void {
  try {
    parsePolicy(document, 'session');
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    if (error.fault === 'length') {
      throw new ApiError('InvalidParameter.PolicySize', { limit: MAX_SESSION_POLICY_CHARS });
    }
    throw new ApiError('InvalidParameter.PolicyGrammar', { reason: error.told() });
  }
}
