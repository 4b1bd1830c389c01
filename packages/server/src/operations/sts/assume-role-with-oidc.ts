import { AssumeRoleWithOIDC } from '@keyhold/api/sts/sts.ts';
import { dateText } from '../date-text.ts';
import { handler } from '../handler.ts';
import { issueSession } from './issue-session.ts';

export const assumeRoleWithOIDC = handler(AssumeRoleWithOIDC, async (kms, call) => {
  if (call.caller.type !== 'oidc-user') throw new Error('who comes without a signature comes with a token');
  const { issuer, subject, audiences, issuedAt, expiresAt } = call.caller.token;
  return {
    ...(await issueSession(kms, call)),
    OIDCTokenInfo: {
      Subject: subject,
      Issuer: issuer,
      ClientIds: audiences.join(','),
      IssuanceTime: dateText(issuedAt),
      ExpirationTime: dateText(expiresAt),
      VerificationInfo: 'Success',
    },
  };
});
