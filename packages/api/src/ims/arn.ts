import type { Arn } from '../arn.ts';

/** As answers and trust policies give it; the region is empty there (RAM 1, 3.5). */
export const oidcProviderArn = (account: string, providerName: string): Arn =>
  `acs:ram::${account}:oidc-provider/${providerName}`;

/** As permissions name it; `*` for `providerName` is the container (RAM 8.2). */
export const oidcProviderResourceArn = (account: string, providerName: string): Arn =>
  `acs:ram:*:${account}:oidc-provider/${providerName}`;

export interface OidcProviderArn {
  readonly account: string;
  readonly providerName: string;
}

/** The parts of a provider's ARN as AssumeRoleWithOIDC takes it, or undefined where the text is not one. */
export function parseOidcProviderArn(text: string): OidcProviderArn | undefined {
  const match = /^acs:ram::(\d{1,20}):oidc-provider\/([A-Za-z0-9._-]{1,128})$/.exec(text);
  const [, account, providerName] = match ?? [];
  return account && providerName ? { account, providerName } : undefined;
}
