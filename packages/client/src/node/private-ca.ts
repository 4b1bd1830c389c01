import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch, FetchRequest, FetchResponse } from '../sending/fetch.ts';

/** Certificates in PEM form, or the path of a file that holds them. */
export type PrivateCa = { readonly file: string } | { readonly pem: string };

/**
 * For the option `fetch` of a client: trusts certificates of this CA and no others. Node's own fetch takes none.
 * Throws TypeError where there are no certificates.
 */
export function trusting(ca: PrivateCa): Fetch {
  const agent = new HttpsAgent({ ca: readCertificates(ca), keepAlive: true });
  const plainAgent = new HttpAgent({ keepAlive: true });
  return (url, request) =>
    new Promise((resolve, reject) => {
      const { body, options } = read(request);
      const secure = url.startsWith('https:');
      const sending = secure
        ? httpsRequest(url, { ...options, agent })
        : httpRequest(url, { ...options, agent: plainAgent });
      sending.once('error', reject);
      sending.once('response', (response) => resolve(answer(response)));
      sending.end(body);
    });
}

const read = ({ method, headers, body, signal }: FetchRequest) => ({
  body,
  options: { method, headers: { ...headers }, signal },
});

const answer = (response: IncomingMessage): FetchResponse => ({
  status: response.statusCode ?? 0,
  headers: { get: (name) => [response.headers[name] ?? null].flat()[0] ?? null },
  body: Readable.toWeb(response) as ReadableStream<Uint8Array>, // nobody has set an encoding
});

/** What is damaged inside is trusted by nobody: calls then fail with a certificate that is not trusted. */
function readCertificates(ca: PrivateCa): string {
  const pem = 'file' in ca ? readFileSync(ca.file, 'utf8') : ca.pem;
  if (/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(pem)) return pem;
  throw new TypeError(`${'file' in ca ? ca.file : 'the text'} holds no CA certificate in PEM form`);
}
