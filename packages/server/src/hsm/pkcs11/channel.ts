import type { Socket } from 'node:net';

/**
 * A message between the server and the process that holds the token:
 *
 *   length of the rest 4 | id 4 | kind 1 | fields, each: length 4 | bytes
 */
export interface Message {
  /** A call and its answer have the same. */
  readonly id: number;
  readonly kind: number;
  readonly fields: readonly Uint8Array[];
}

export interface Received extends Message {
  /** Views on what was read, which whoever received them wipes. */
  readonly fields: readonly Buffer[];
}

const HEAD_BYTES = 9;
const MOST_BYTES = 16 << 20;
/** So many are written without waiting for more: the other side can begin while this one goes on. */
const AT_ONCE = 16;

/**
 * Sends together what one turn brings. Wipes its copies of messages; what the runtime reads them into first it can
 * not reach, so that parts of them may stay in freed memory.
 */
export class Channel {
  readonly #socket: Socket;
  #out: Message[] = [];
  #owned: Uint8Array[] = [];
  /** The beginning of a message whose end has not arrived. */
  #rest = Buffer.alloc(0);

  constructor(socket: Socket, onMessage: (message: Received) => void) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk, onMessage));
  }

  /** The fields must not change before this turn ends. With `own` they are wiped then. */
  send(message: Message, own?: 'own'): void {
    if (own) this.#owned.push(...message.fields);
    if (this.#out.push(message) >= AT_ONCE) this.#flush();
    else if (this.#out.length === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const bytes = Buffer.allocUnsafeSlow(this.#out.reduce((sum, message) => sum + bytesOf(message), 0));
    this.#out.reduce((at, message) => write(bytes, at, message), 0);
    this.#out = [];
    for (const field of this.#owned) field.fill(0);
    this.#owned = [];
    this.#socket.write(bytes, () => bytes.fill(0));
  }

  #read(chunk: Buffer, onMessage: (message: Received) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32LE(at);
      if (length > MOST_BYTES || length < HEAD_BYTES - 4) {
        this.#socket.destroy(new Error('the other side does not send messages'));
        break;
      }
      if (bytes.length - at < 4 + length) break;
      onMessage(parse(bytes.subarray(at, at + 4 + length)));
      at += 4 + length;
    }
    const rest = Buffer.from(Uint8Array.prototype.slice.call(bytes, at));
    this.#rest.fill(0);
    this.#rest = rest;
    bytes.fill(0, at);
    if (bytes !== chunk) chunk.fill(0);
  }
}

const bytesOf = ({ fields }: Message): number =>
  fields.reduce((sum, field) => sum + 4 + field.length, HEAD_BYTES);

function write(bytes: Buffer, start: number, message: Message): number {
  let at = bytes.writeUInt32LE(bytesOf(message) - 4, start);
  at = bytes.writeUInt32LE(message.id, at);
  at = bytes.writeUInt8(message.kind, at);
  for (const field of message.fields) {
    at = bytes.writeUInt32LE(field.length, at);
    bytes.set(field, at);
    at += field.length;
  }
  return at;
}

function parse(bytes: Buffer): Received {
  const fields: Buffer[] = [];
  for (let at = HEAD_BYTES; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return { id: bytes.readUInt32LE(4), kind: bytes.readUInt8(8), fields };
}
