import { connect, type Socket } from 'node:net';

const CR = 13;
const LF = 10;
const HEADER_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = 'content-length:';

/** One keep-alive connection that has at most one request under way. */
export class Connection {
  readonly #socket: Socket;
  readonly #answered: (connection: Connection, status: number, message: Buffer) => void;
  /** The beginning of an answer that did not arrive in one piece. */
  #rest: Buffer | undefined;
  /** When the request under way was sent, by the owner's clock. */
  sentAt = 0;

  /** `message` is the whole answer and valid during the call only. `failed` is called once, at the end. */
  constructor(
    port: number,
    answered: (connection: Connection, status: number, message: Buffer) => void,
    failed: (connection: Connection, reason: string) => void,
  ) {
    this.#answered = answered;
    const buffer = Buffer.allocUnsafeSlow(65_536);
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          this.#receive(buffer.subarray(0, length), failed);
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => failed(this, error.message));
    this.#socket.on('end', () => failed(this, 'closed by the server'));
  }

  send(request: Uint8Array): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }

  #receive(part: Buffer, failed: (connection: Connection, reason: string) => void): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, part]) : part;
    const headerEnd = bytes.indexOf(HEADER_END);
    if (headerEnd < 0) {
      this.#rest = Buffer.from(bytes);
      return;
    }
    const length = contentLength(bytes, headerEnd);
    const end = headerEnd + HEADER_END.length + length;
    if (length < 0 || bytes.length > end) {
      failed(this, `bad framing: ${bytes.toString('latin1')}`);
    } else if (bytes.length < end) {
      this.#rest = Buffer.from(bytes);
    } else {
      this.#rest = undefined;
      this.#answered(this, statusOf(bytes), bytes);
    }
  }
}

/** The three digits after `HTTP/1.1 `. */
function statusOf(bytes: Buffer): number {
  return ((bytes[9] ?? 0) - 48) * 100 + ((bytes[10] ?? 0) - 48) * 10 + (bytes[11] ?? 0) - 48;
}

/** The value of Content-Length, or -1 where there is none. */
function contentLength(bytes: Buffer, headerEnd: number): number {
  for (let line = 0; line >= 0 && line < headerEnd; line = bytes.indexOf(LF, line) + 1) {
    if (!startsWith(bytes, line, CONTENT_LENGTH)) continue;
    let value = 0;
    for (let at = line + CONTENT_LENGTH.length; bytes[at] !== CR; at++) {
      const digit = (bytes[at] ?? 0) - 48;
      if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    }
    return value;
  }
  return -1;
}

function startsWith(bytes: Buffer, at: number, lowerCase: string): boolean {
  for (let i = 0; i < lowerCase.length; i++) {
    if (((bytes[at + i] ?? 0) | 0x20) !== (lowerCase.charCodeAt(i) | 0x20)) return false;
  }
  return true;
}
