import { ApiError } from '@keyhold/api/errors.ts';
import { parseOidcProviderArn } from '@keyhold/api/ims/arn.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import { AssumeRoleWithOIDC } from '@keyhold/api/sts/sts.ts';
import type { Issuers } from '../oidc/issuers.ts';
import { verifyToken } from '../oidc/token.ts';
import type { Directories } from '../ram/directories.ts';
import type { SignedRequest } from '../wires/request.ts';
import type { Authenticated } from './authenticate.ts';
import type { BearerCaller } from './caller.ts';

export interface BearerPorts {
  readonly directories: Pick<Directories, 'get'>;
  readonly issuers: Issuers;
}

/** What identifies the bearer; the rest is read in its turn. */
const PROOF = AssumeRoleWithOIDC.request.pick({ OIDCProviderArn: true, OIDCToken: true });

/**
 * Identifies the bearer of a token of a registered issuer (AssumeRoleWithOIDC). Strangers call this: nothing is
 * looked up for what is not well-formed, nothing is fetched for a token that cannot be right, and whether
 * an account or its provider exists is not told.
 */
export async function authenticateBearer(
  { directories, issuers }: BearerPorts,
  request: SignedRequest,
  now: number,
): Promise<Authenticated> {
  const { OIDCProviderArn, OIDCToken } = readParameters(PROOF, request.parameters);
  const arn = parseOidcProviderArn(OIDCProviderArn);
  if (arn === undefined)
    throw new ApiError('InvalidParameter.OIDCProviderArn', { parameter: 'OIDCProviderArn' });
  const directory = await directories.get(arn.account);
  const provider = directory.oidcProvider(arn.providerName);
  if (provider === undefined) throw new ApiError('AuthenticationFail.OIDCToken.Invalid');
  const token = await verifyToken(issuers, provider, OIDCToken, now);
  const caller: BearerCaller = {
    type: 'oidc-user',
    accountId: arn.account,
    principalId: token.subject,
    accessKeyId: '',
    providerName: provider.providerName,
    token,
  };
  return { caller, directory, parameters: request.parameters };
}
