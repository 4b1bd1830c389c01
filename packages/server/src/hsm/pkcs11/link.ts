import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Channel, type Message, type Received } from './channel.ts';

const PROGRAM = fileURLToPath(new URL('../pkcs11-process.ts', import.meta.url));
const FAREWELL_MS = 1000;

/** One process that holds the token, from its start to its end. */
export class Link {
  readonly #process: ChildProcess;
  readonly #channel: Channel;
  readonly #socket: Socket;
  readonly #ended = Promise.withResolvers<string>();
  #problem: string | undefined;

  /** `onEnd` is called once, with what ended it. `threads`: calls of the library at once. */
  constructor(threads: number, onMessage: (message: Received) => void, onEnd: (problem: string) => void) {
    this.#process = spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { ...visibleEnvironment(), UV_THREADPOOL_SIZE: String(threads) },
    });
    this.#socket = this.#process.stdio[3] as Socket; // a pipe in both directions, as asked for
    this.#channel = new Channel(this.#socket, onMessage);
    this.#socket.on('error', () => this.kill('its process does not read'));
    // A process that cannot be started has an error and no exit; one that cannot be killed may have both.
    const ended = (problem: string): void => this.#ended.resolve(problem);
    this.#process.on('error', (error) => ended(`its process fails (${error.message})`));
    this.#process.once('exit', (code, signal) => ended(`its process ended (${signal ?? `code ${code}`})`));
    void this.#ended.promise.then((problem) => onEnd(this.#problem ?? problem));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(message: Message, own?: 'own'): void {
    this.#channel.send(message, own);
  }

  kill(problem: string): void {
    this.#problem ??= problem;
    this.#process.kill('SIGKILL');
  }

  /** Lets it log out, not for long. */
  async end(): Promise<void> {
    this.#socket.end();
    const timer = setTimeout(() => this.kill('closed'), FAREWELL_MS);
    await this.#ended.promise;
    clearTimeout(timer);
  }
}

/** Libraries of vendors are configured by the environment; the server's own settings are not their business. */
function visibleEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KEYHOLD_|NODE_)/.test(name)));
}
