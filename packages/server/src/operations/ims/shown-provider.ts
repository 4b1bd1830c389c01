import { oidcProviderArn } from '@keyhold/api/ims/arn.ts';
import { type GetOIDCProvider, ISSUANCE_LIMIT_HOURS } from '@keyhold/api/ims/oidc-providers.ts';
import type { ResponseOf } from '@keyhold/api/operation.ts';
import type { OidcProvider } from '../../ram/records.ts';
import { dateText } from '../date-text.ts';

type Shown = ResponseOf<typeof GetOIDCProvider>['OIDCProvider'];

export function shownProvider(accountId: string, provider: OidcProvider): Shown {
  const { providerName, issuerUrl, clientIds, description, createdAt, updatedAt } = provider;
  return {
    OIDCProviderName: providerName,
    Arn: oidcProviderArn(accountId, providerName),
    IssuerUrl: issuerUrl,
    ...(clientIds.length > 0 && { ClientIds: clientIds.join(',') }),
    Description: description,
    IssuanceLimitTime: ISSUANCE_LIMIT_HOURS,
    CreateDate: dateText(createdAt),
    UpdateDate: dateText(updatedAt),
    GmtCreate: String(createdAt),
    GmtModified: String(updatedAt),
  };
}
