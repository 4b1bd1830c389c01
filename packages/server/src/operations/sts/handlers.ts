import type { Handler } from '../handler.ts';
import { assumeRole } from './assume-role.ts';
import { assumeRoleWithOIDC } from './assume-role-with-oidc.ts';
import { getCallerIdentity } from './get-caller-identity.ts';

export const STS_HANDLERS: readonly Handler[] = [assumeRole, assumeRoleWithOIDC, getCallerIdentity];
