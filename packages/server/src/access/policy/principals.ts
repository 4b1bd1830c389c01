import { foldAscii } from './fold.ts';
import type { PolicyKind, Principal } from './policy.ts';

/** What a policy names in `Principal` (RAM document 3.5). */
export type PrincipalForm =
  | { readonly form: 'account' | 'everyone'; readonly accountId: string }
  | { readonly form: 'user' | 'role'; readonly accountId: string; readonly name: string }
  /** Stored, and no caller of this service: a cloud service or an identity provider. */
  | { readonly form: 'service' | 'federated'; readonly text: string };

export type PrincipalType = 'RAM' | 'Service' | 'Federated';

const RAM = /^acs:ram:\*?:(\d{1,20}):(?:(root|\*)|(user|role)\/([^/:*?]+))$/u;
const PROVIDER = /^acs:ram:\*?:\d{1,20}:(saml|oidc)-provider\/[^/:*?]+$/u;
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
      return PROVIDER.test(text) ? { form: 'federated', text } : undefined;
  }
}

function parseRam(text: string, root: 'everyone' | 'account'): PrincipalForm | undefined {
  const [, accountId, whole, kind, name] = RAM.exec(text) ?? [];
  if (accountId === undefined) return undefined;
  if (whole !== undefined) return { form: whole === 'root' ? root : 'everyone', accountId };
  if (name === undefined) return undefined;
  return { form: kind === 'user' ? 'user' : 'role', accountId, name };
}

/** Case does not count in names of users and roles (RAM document 1). */
export function isNamed(form: PrincipalForm, principal: Principal): boolean {
  if (!('accountId' in form) || form.accountId !== principal.accountId) return false;
  switch (form.form) {
    case 'everyone':
      return true;
    case 'account':
      return principal.type === 'root-account';
    case 'user':
      return principal.type === 'ram-user' && sameName(form.name, principal.userName);
    case 'role':
      return principal.type === 'assumed-role' && sameName(form.name, principal.roleName);
  }
}

const sameName = (a: string, b: string): boolean => a === b || foldAscii(a) === foldAscii(b);
