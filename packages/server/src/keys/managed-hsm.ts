import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { pkcs11Token } from '../hsm/pkcs11-token.ts';
import type { Token } from '../hsm/token.ts';
import type { DomainKey } from './domain-key.ts';
import { TokenEngine } from './token-engine.ts';

export interface ManagedHsm {
  readonly token: Token;
  readonly engine: TokenEngine;
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
  token.connected.then(
    () => log.info(`keys of ProtectionLevel HSM are in ${token.source}`),
    (error: Error) => log.warn(`${error.message}; until it is, keys of ProtectionLevel HSM cannot be used`),
  );
  return { token, engine: new TokenEngine(token, domainKey, hsmRegions, now) };
}
