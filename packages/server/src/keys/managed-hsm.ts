import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { pkcs11Token } from '../hsm/pkcs11-token.ts';
import type { Token } from '../hsm/token.ts';
import type { Keys } from '../store/store.ts';
import type { DomainKey } from './domain-key.ts';
import { TokenEngine } from './token-engine.ts';

export interface ManagedHsm {
  readonly token: Token;
  readonly engine: TokenEngine;
  /** Tells of the token when it has come or gone since the last time. */
  watch(): void;
}

type InHsm = Pick<Keys, 'hasHsmKeys' | 'listCondemned'>;

/**
 * The token that holds keys of ProtectionLevel HSM; undefined where none are made and none are left, as in a server
 * that has its root key alone in a token. Keys in software must not wait for it: a token that is away at the start is
 * told of, and used when it comes back.
 */
export async function managedHsm(
  { hsm, hsmRegions }: Pick<Config, 'hsm' | 'hsmRegions'>,
  keys: InHsm,
  domainKey: DomainKey,
  now: () => number,
  log: Logger,
): Promise<ManagedHsm | undefined> {
  const isNeeded = hsmRegions.length > 0 || (await keys.hasHsmKeys()) || (await isAnyCondemned(keys));
  if (hsm === undefined || !isNeeded) return undefined;
  const token = pkcs11Token(hsm);
  token.connected.catch(() => undefined); // told of by `watch`
  const engine = new TokenEngine(token, domainKey, hsmRegions, now);
  return { token, engine, watch: watcher(token, log) };
}

/** Where no token is set up: whether there are keys that need one. Tells of them, and of what one still holds. */
export async function lacksHsm(keys: InHsm, log: Logger): Promise<boolean> {
  const has = await keys.hasHsmKeys();
  const isIt = 'in an HSM, which is not set up any more; set KEYHOLD_HSM_LIBRARY and its fellows again';
  if (has) log.warn(`there are keys ${isIt}`);
  if (await isAnyCondemned(keys)) log.warn(`there is material to be destroyed ${isIt}`);
  return has;
}

const isAnyCondemned = async (keys: InHsm): Promise<boolean> => (await keys.listCondemned(1)).length > 0;

function watcher(token: Token, log: Logger): () => void {
  let told: string | undefined;
  return () => {
    const { up, problem } = token.health();
    const news = up ? 'up' : problem;
    if (news === told || news === 'connecting') return;
    told = news;
    if (up) log.info(`keys of ProtectionLevel HSM are in ${token.source}`);
    else log.warn(`${token.source} is away, and keys of ProtectionLevel HSM with it: ${problem}`);
  };
}
