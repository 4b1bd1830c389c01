import type { ResponseOf } from '@keyhold/api/operation.ts';
import { GetCallerIdentity } from '@keyhold/api/sts/sts.ts';
import { callerArn } from '../../access/caller.ts';
import { type CallOf, handler } from '../handler.ts';

/** Of users and accounts the id, of sessions that of the role (RAM 1.1). */
export const getCallerIdentity = handler(GetCallerIdentity, (_kms, { caller }) => {
  if (caller.type === 'oidc-user') throw new Error('the bearer of a token may do nothing but exchange it');
  return {
    AccountId: caller.accountId,
    PrincipalId: caller.principalId,
    Arn: callerArn(caller),
    ...kindOf(caller),
  };
});

type Kind = Pick<ResponseOf<typeof GetCallerIdentity>, 'IdentityType' | 'UserId' | 'RoleId'>;

function kindOf(caller: CallOf<typeof GetCallerIdentity>['caller']): Kind {
  switch (caller.type) {
    case 'assumed-role':
      return { IdentityType: 'AssumedRoleUser', RoleId: caller.roleId };
    case 'ram-user':
      return { IdentityType: 'RAMUser', UserId: caller.principalId };
    default:
      return { IdentityType: 'Account', UserId: caller.principalId };
  }
}
