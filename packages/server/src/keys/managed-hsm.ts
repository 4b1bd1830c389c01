import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { pkcs11Token } from '../hsm/pkcs11-token.ts';
import type { Token } from '../hsm/token.ts';
import type { DomainKey } from './domain-key.ts';
import { TokenEngine } from './token-engine.ts';

export interface ManagedHsm {
  readonly token: Token;
  readonly engine: TokenEngine;
  /** Tells of the token when it has come or gone since the last time. */
  watch(): void;
}

/**
 * The token that holds keys of ProtectionLevel HSM; undefined where no region has one. Keys in software must not wait
 * for it: a token that is away at the start is told of, and used when it comes back.
 */
export function managedHsm(
  { hsm, hsmRegions }: Pick<Config, 'hsm' | 'hsmRegions'>,
  domainKey: DomainKey,
  now: () => number,
  log: Logger,
): ManagedHsm | undefined {
  if (hsm === undefined || hsmRegions.length === 0) return undefined;
  const token = pkcs11Token(hsm);
  token.connected.catch(() => undefined); // told of by `watch`
  const engine = new TokenEngine(token, domainKey, hsmRegions, now);
  return { token, engine, watch: watcher(token, log) };
}

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
