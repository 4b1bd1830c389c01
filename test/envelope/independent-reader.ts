import { createDecipheriv, createHmac } from 'node:crypto';

/**
 * A second reader of KENV version 1, written from the format's document alone. It shares no code with the library,
 * is not meant to be fast or helpful, and does its HKDF by hand.
 */
export interface Envelope {
  readonly context: [string, string][] | undefined;
  readonly recipients: { readonly type: number; readonly body: Buffer }[];
  readonly headerLength: number;
}

const mac = (key: Buffer, ...parts: Buffer[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest();

/** RFC 5869 with SHA-256, 96 bytes. */
function hkdf(ikm: Buffer, salt: Buffer, info: Buffer): Buffer {
  const prk = mac(salt, ikm);
  const t1 = mac(prk, info, Buffer.of(1));
  const t2 = mac(prk, t1, info, Buffer.of(2));
  return Buffer.concat([t1, t2, mac(prk, t2, info, Buffer.of(3))]);
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`independent reader: ${what}`);
}

function readContext(bytes: Buffer): [string, string][] {
  const pairs: [string, string][] = [];
  const count = bytes.readUInt16BE(0);
  let at = 2;
  const text = (): string => {
    const length = bytes.readUInt16BE(at);
    const piece = bytes.subarray(at + 2, at + 2 + length);
    check(piece.length === length && Buffer.from(piece.toString()).equals(piece), 'context text');
    at += 2 + length;
    return piece.toString();
  };
  for (let i = 0; i < count; i++) pairs.push([text(), text()]);
  check(at === bytes.length, 'context length');
  for (let i = 1; i < pairs.length; i++) {
    check(
      Buffer.compare(Buffer.from(pairs[i - 1]?.[0] ?? ''), Buffer.from(pairs[i]?.[0] ?? '')) < 0,
      'context order',
    );
  }
  return pairs;
}

export function readEnvelope(file: Buffer): Envelope {
  check(file.subarray(0, 8).equals(Buffer.from('894b454e560d0a1a', 'hex')), 'magic');
  check(file[8] === 1 && file[9] === 1, 'version, suite');
  const log2 = file.readUInt8(10);
  check(log2 >= 12 && log2 <= 24, 'chunk size');
  const flags = file.readUInt8(11);
  check(flags <= 1, 'flags');
  const headerLength = file.readUInt32BE(76);
  check(headerLength >= 116 && headerLength <= 65_536 && headerLength <= file.length, 'header length');
  const count = file.readUInt16BE(80);
  const contextLength = file.readUInt16BE(82);
  check(count >= 1 && count <= 32, 'recipients');
  check((contextLength === 0) === (flags === 1), 'context flag');
  const context = contextLength ? readContext(file.subarray(84, 84 + contextLength)) : undefined;
  let at = 84 + contextLength;
  const recipients = [];
  for (let i = 0; i < count; i++) {
    check(file[at + 1] === 0, 'reserved byte');
    const length = file.readUInt16BE(at + 2);
    recipients.push({ type: file.readUInt8(at), body: file.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  check(at <= headerLength - 32, 'recipients too long');
  for (; at < headerLength - 32; at++) check(file[at] === 0, 'padding');
  return { context, recipients, headerLength };
}

/** The CMK, the key version and the blob of a type 01 recipient. */
export function readCmk(body: Buffer): { cmk: string; version: string; blob: Buffer } {
  const fields: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt16BE(at);
    fields.push(body.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const [cmk, version, blob] = fields;
  if (fields.length !== 3 || !cmk || !version || !blob) throw new Error('independent reader: recipient');
  return { cmk: cmk.toString(), version: version.toString(), blob };
}

/** `context`: its serialisation, for a file that does not store it. */
export function openWith(file: Buffer, dataKey: Buffer, context?: Buffer): Buffer {
  const { headerLength } = readEnvelope(file);
  const ctx = file[11] === 1 ? (context ?? Buffer.alloc(2)) : file.subarray(84, 84 + file.readUInt16BE(82));
  const ctxLength = Buffer.alloc(4);
  ctxLength.writeUInt32BE(ctx.length);
  const info = Buffer.concat([Buffer.from('kenv/v1\0'), file.subarray(0, 44), ctxLength, ctx]);
  const okm = hkdf(dataKey, file.subarray(12, 44), info);
  check(okm.subarray(0, 32).equals(file.subarray(44, 76)), 'commitment');
  const tag = mac(okm.subarray(32, 64), file.subarray(0, headerLength - 32));
  check(tag.equals(file.subarray(headerLength - 32, headerLength)), 'header tag');
  const size = 2 ** file.readUInt8(10) + 16;
  const pieces: Buffer[] = [];
  let rest = file.subarray(headerLength);
  for (let index = 0; ; index++) {
    const last = rest.length < size;
    const chunk = rest.subarray(0, size);
    check(chunk.length >= 16, 'truncated');
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(index), 3);
    nonce[11] = last ? 1 : 0;
    const gcm = createDecipheriv('aes-256-gcm', okm.subarray(64), nonce, { authTagLength: 16 });
    gcm.setAuthTag(chunk.subarray(-16));
    pieces.push(gcm.update(chunk.subarray(0, -16)), gcm.final());
    if (last) return Buffer.concat(pieces);
    rest = rest.subarray(size);
  }
}
