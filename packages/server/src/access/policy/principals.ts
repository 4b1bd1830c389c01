import { foldAscii } from './fold.ts';
import type { PolicyKind, Principal } from './policy.ts';

/** What a policy names in `Principal` (RAM document 3.5). */
export type PrincipalForm =
  | { readonly form: 'account' | 'everyone'; readonly accountId: string }
  | { readonly form: 'user' | 'role'; readonly accountId: string; readonly name: string }
  | { readonly form: 'oidc-provider'; readonly accountId: string; readonly name: string }
  /** Stored, and no caller of this service: a cloud service or a SAML provider. */
  | { readonly form: 'service' | 'saml-provider'; readonly text: string };

export type PrincipalType = 'RAM' | 'Service' | 'Federated';

const RAM = /^acs:ram:\*?:(\d{1,20}):(?:(root|\*)|(user|role)\/([^/:*?]+))$/u;
const PROVIDER = /^acs:ram:\*?:(\d{1,20}):(saml|oidc)-provider\/([^/:*?]+)$/u;
const SERVICE = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/** In a key policy `root` is the account itself, in a trust policy everyone of the account (RAM document 3.5). */
export function parsePrincipal(
  type: PrincipalType,
  text: string,
  kind: PolicyKind,
): PrincipalForm | undefined {
  switch (type) {
    case 'RAM':
      return parseRam(text, kind === 'trust' ? 'everyone' : 'account');
    case 'Service':
      return SERVICE.test(text) ? { form: 'service', text } : undefined;
    case 'Federated':
      return parseProvider(text);
  }
}

function parseRam(text: string, root: 'everyone' | 'account'): PrincipalForm | undefined {
  const [, accountId, whole, kind, name] = RAM.exec(text) ?? [];
  if (accountId === undefined) return undefined;
  if (whole !== undefined) return { form: whole === 'root' ? root : 'everyone', accountId };
  if (name === undefined) return undefined;
  return { form: kind === 'user' ? 'user' : 'role', accountId, name };
}

function parseProvider(text: string): PrincipalForm | undefined {
  const [, accountId, kind, name] = PROVIDER.exec(text) ?? [];
  if (accountId === undefined || name === undefined) return undefined;
  return kind === 'oidc' ? { form: 'oidc-provider', accountId, name } : { form: 'saml-provider', text };
}

/**
 * Case does not count in names (RAM document 1). The bearer of a token is nobody of the account: only its
 * provider's own name means it.
 */
export function isNamed(form: PrincipalForm, principal: Principal): boolean {
  if (!('accountId' in form) || form.accountId !== principal.accountId) return false;
  switch (form.form) {
    case 'everyone':
      return principal.type !== 'oidc-user';
    case 'account':
      return principal.type === 'root-account';
    case 'user':
      return principal.type === 'ram-user' && sameName(form.name, principal.userName);
    case 'role':
      return principal.type === 'assumed-role' && sameName(form.name, principal.roleName);
    case 'oidc-provider':
      return principal.type === 'oidc-user' && sameName(form.name, principal.providerName);
  }
}

const sameName = (a: string, b: string): boolean => a === b || foldAscii(a) === foldAscii(b);
