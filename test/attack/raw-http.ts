import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** In lower case; interim answers such as 100 are left out. */
  readonly headers: string;
  readonly body: string;
}

/**
 * Sends bytes over a connection of its own, as they are, and reads one answer; undefined where the server
 * closes the connection without one. `end` closes our half when all is sent.
 */
export async function exchange(
  url: string,
  parts: readonly (string | Uint8Array)[],
  options: { readonly end?: boolean } = {},
): Promise<RawAnswer | undefined> {
  const socket = await open(url);
  let received: Buffer = Buffer.alloc(0);
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (parse(received)?.complete) resolve();
    });
    socket.on('end', () => resolve());
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  for (const part of parts) {
    if (typeof part === 'string') socket.write(part, 'latin1');
    else socket.write(part);
  }
  if (options.end) socket.end();
  await done;
  socket.destroy();
  return parse(received)?.answer;
}

export async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

function parse(bytes: Buffer): { readonly answer: RawAnswer; readonly complete: boolean } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  if (status < 200) return parse(bytes.subarray(end + 4));
  const headers = head.toLowerCase();
  const body = bytes.toString('utf8', end + 4);
  const length = Number(/content-length: (\d+)/.exec(headers)?.[1] ?? Number.NaN);
  return { answer: { status, headers, body }, complete: bytes.length - end - 4 >= length };
}

/** A stack, a path of a file, or the code that failed. */
const LEAKS = /\n\s+at |node:internal|node_modules|\/work\/|\/tmp\/|\/src\/|\.ts\b|keyhold\.db|Error:/;

/** The answer is a refusal that clients can read and that tells nothing of the inside. Returns its code. */
export function assertRefusal(answer: RawAnswer | undefined, what: string): string {
  assert.ok(answer, `${what}: no answer`);
  const { status, headers, body } = answer;
  assert.ok((status >= 400 && status < 500) || status === 503, `${what}: ${status} ${body}`);
  assert.doesNotMatch(body, LEAKS, what);
  const isXml = headers.includes('content-type: text/xml');
  const members = ['Code', 'Message', 'RequestId'].map((name) => {
    if (!isXml) return JSON.parse(body)[name];
    return new RegExp(`<${name}>([^<]+)</${name}>`).exec(body)?.[1];
  });
  for (const member of members) assert.equal(typeof member, 'string', `${what}: ${body}`);
  assert.match(members[2], /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  assert.ok(headers.includes(`x-acs-request-id: ${members[2].toLowerCase()}`), what);
  return members[0];
}
