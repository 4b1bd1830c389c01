import type { PolicyKind } from './policy.ts';
import type { PrincipalType } from './principals.ts';

interface Grammar {
  /** Longest document. */
  readonly most: number;
  readonly unit: 'characters' | 'bytes';
  readonly action: readonly string[];
  /** What every action begins with. */
  readonly actionPrefix: string;
  /** Empty where there is no such element. */
  readonly resource: readonly string[];
  /** The only resource there may be. */
  readonly onlyResource?: string;
  /** Types of principals; empty where there is no such element. */
  readonly principals: readonly PrincipalType[];
  readonly sid: RegExp;
}

const own = {
  unit: 'characters',
  action: ['Action', 'NotAction'],
  actionPrefix: '',
  resource: ['Resource', 'NotResource'],
  principals: [],
  sid: /^/,
} as const;

/** What differs by the kind of policy (RAM document 2, 3.1, 3.5, 6). */
export const GRAMMARS: Readonly<Record<PolicyKind, Grammar>> = {
  identity: { ...own, most: 6144 },
  session: { ...own, most: 2048 },
  trust: { ...own, most: 6144, resource: [], principals: ['RAM', 'Service', 'Federated'] },
  key: {
    most: 32768,
    unit: 'bytes',
    action: ['Action'],
    actionPrefix: 'kms:',
    resource: ['Resource'],
    onlyResource: '*',
    principals: ['RAM'],
    sid: /^[\w /+=.@-]{0,128}$/,
  },
};
