import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

export interface IssuerKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newKey(alg: string, kid: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

export type Claims = Readonly<Record<string, unknown>>;

export const sign = (
  key: IssuerKey,
  claims: Claims,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export interface TestIssuer {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** What it publishes now. */
  keys: JWK[];
  /** Answers instead, where it is set. */
  instead: RequestListener | undefined;
  close(): Promise<void>;
}

const DISCOVERY = '/.well-known/openid-configuration';

/** A real issuer on a port of its own. */
export async function startIssuer(keys: readonly IssuerKey[] = []): Promise<TestIssuer> {
  const server = createServer((request, response) => {
    issuer.asked.push(request.url ?? '');
    if (issuer.instead) return issuer.instead(request, response);
    const documents = new Map<string | undefined, unknown>([
      [DISCOVERY, { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }],
      ['/keys', { keys: issuer.keys }],
    ]);
    const document = documents.get(request.url);
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    keys: keys.map(({ jwk }) => jwk),
    instead: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
