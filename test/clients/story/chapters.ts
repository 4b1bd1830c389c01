import { IMPORTS } from './imports.ts';
import { KEYS } from './keys.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { PROVIDERS } from './providers.ts';
import type { Step } from './scene.ts';
import { SESSIONS } from './sessions.ts';
import { USERS } from './users.ts';

export type Chapter = 'keys' | 'access' | 'providers';

/** The same story with every client, as far as the client is made for it. */
export const CHAPTERS: Readonly<
  Record<Chapter, { readonly title: string; readonly steps: readonly Step[] }>
> = {
  keys: { title: 'Keys', steps: [...KEYS, ...IMPORTS, ...LIFECYCLE] },
  access: { title: 'Access, sessions and the trail', steps: [...USERS, ...SESSIONS] },
  providers: { title: 'Providers of credentials', steps: PROVIDERS },
};

export const STORY: readonly Step[] = Object.values(CHAPTERS).flatMap(({ steps }) => steps);
