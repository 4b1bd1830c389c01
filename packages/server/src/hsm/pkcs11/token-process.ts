import { type TokenHealth, TokenUnavailable } from '../token.ts';
import type { Received } from './channel.ts';
import { Link } from './link.ts';
import { giveUp, type PendingCall, PinRefused, settle } from './pending-calls.ts';
import { readPin } from './pin.ts';
import { ANSWER, CALL, type Call, type Connecting, nameOf } from './protocol.ts';
import type { TokenSettings } from './settings.ts';

/** Deadlines are looked at so often. */
const SWEEP_MS = 25;
/** So often the token is asked whether it is there, so that its loss is noticed when nobody calls. */
const CHECK_MS = 500;
/** Of the first connection, of which nobody knows how long it takes. */
const CONNECT_MS = 10_000;
/** Of each later one, or twice what the last took: one that hangs is given up in time for the next. */
const RECONNECT_MS = 3000;
/** Between two tries to connect; the first after a loss is at once. */
const BACK_OFF_MS = [100, 200, 400, 800, 1500] as const;
/** A connection that lasted so long was good: its loss is the first again. */
const GOOD_MS = 5000;
/** Calls with the token's process for each session: enough that it never waits for more, few enough to be soon done. */
const SENT_PER_SESSION = 32;

/**
 * Keeps a process connected to the token and brings calls to it: within their deadlines, not more than the queue
 * holds. A process that ends, hangs or loses the token is replaced.
 */
export class TokenProcess {
  readonly source: string;
  readonly #settings: TokenSettings;
  #link: Link | undefined;
  #isUp = false;
  #upSince = 0;
  #connectMs: number;
  /** What is wrong, from the first try that failed until one succeeds. */
  #problem: string | undefined;
  #losses = 0;
  #failures = 0;
  #isClosed = false;
  /** A PIN that the token did not take is not tried again: after a few tries it locks itself. */
  #refusedPinOf: number | undefined;
  #waiting: PendingCall[] = [];
  readonly #sent = new Map<number, PendingCall>();
  #nextId = 0;
  readonly #first = Promise.withResolvers<void>();
  readonly #timers: NodeJS.Timeout[];
  #retry: NodeJS.Timeout | undefined;

  constructor(settings: TokenSettings) {
    this.#settings = settings;
    this.#connectMs = Math.max(CONNECT_MS, settings.timeoutMs);
    this.source = `the token ${nameOf(settings.token)} of ${settings.library}`;
    // Looked at after this turn has read what arrived: a server that was busy itself must not blame the token.
    const sweep = setInterval(() => setImmediate(() => this.#sweep()), SWEEP_MS);
    const check = setInterval(() => this.#check(), CHECK_MS);
    this.#timers = [sweep.unref(), check.unref()];
    this.#first.promise.catch(() => undefined); // whoever needs it asks for it
    void this.#connect();
  }

  /** Resolves with the first connection, or rejects with what stops it. */
  get connected(): Promise<void> {
    return this.#first.promise;
  }

  get health(): TokenHealth {
    const waiting = this.#waiting.length + this.#sent.size;
    const problem = this.#isUp ? undefined : (this.#problem ?? 'connecting');
    return { up: this.#isUp, problem, losses: this.#losses, waiting };
  }

  /** Of the process that holds it, for tests that kill it. */
  get pid(): number | undefined {
    return this.#link?.pid;
  }

  /** Undefined where the bytes do not open. `patience` replaces the deadline where it is longer. */
  call(name: Call, fields: readonly Uint8Array[], patience = 0): Promise<readonly Buffer[] | undefined> {
    const { queue } = this.#settings;
    const refused =
      this.#waiting.length + this.#sent.size >= queue ? `${queue} calls wait already` : undefined;
    const problem = this.#problem ?? refused;
    if (problem !== undefined) return Promise.reject(new TokenUnavailable(this.#sentence(problem)));
    return new Promise((resolve, reject) => {
      const enough = Math.max(patience, this.#settings.timeoutMs);
      this.#waiting.push(this.#pending(name, fields, enough, resolve, reject));
      this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#retry);
    this.#isUp = false;
    this.#fail('closed');
    await this.#link?.end();
  }

  async #connect(): Promise<void> {
    const { library, token, sessions, pinFile } = this.#settings;
    try {
      const { secret, writtenAt } = await readPin(pinFile);
      if (this.#isClosed) return secret.wipe();
      if (writtenAt === this.#refusedPinOf) {
        secret.wipe();
        throw new Error(`it refused the PIN in ${pinFile}, which is not tried twice; correct the file`);
      }
      // One thread more, for making pairs.
      const link = new Link(
        sessions + 1,
        (message) => this.#receive(message),
        (problem) => this.#lost(problem),
      );
      this.#link = link;
      const connecting: Connecting = { library, token, sessions };
      const fields = [Buffer.from(JSON.stringify(connecting)), secret.open()];
      const failed = (error: Error): void => {
        const isPin = error instanceof PinRefused;
        if (isPin) this.#refusedPinOf = writtenAt;
        link.kill(isPin ? `it refused the PIN in ${pinFile} (${error.message})` : error.message);
      };
      const began = performance.now();
      const connected = (): void => {
        this.#connectMs = Math.max(RECONNECT_MS, 2 * (performance.now() - began));
        this.#connected();
      };
      this.#send(this.#pending('connect', fields, this.#connectMs, connected, failed), 'own');
    } catch (error) {
      this.#lost((error as Error).message);
    }
  }

  #connected(): void {
    this.#isUp = true;
    this.#upSince = performance.now();
    this.#problem = undefined;
    this.#first.resolve();
    this.#pump();
  }

  /** The first loss after a good time is mended before anybody is told: calls that wait go on waiting. */
  #lost(problem: string): void {
    this.#link = undefined;
    const wasGood = this.#isUp && performance.now() - this.#upSince >= GOOD_MS;
    if (this.#isUp) this.#losses++;
    if (wasGood) this.#failures = 0;
    const isFirst = this.#isUp && this.#failures === 0;
    this.#isUp = false;
    for (const call of this.#sent.values()) giveUp(call, this.#sentence(problem));
    this.#sent.clear();
    if (this.#isClosed) return;
    if (!isFirst) this.#fail(problem);
    const pause = isFirst ? 0 : BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length) - 1];
    this.#failures++;
    this.#retry = setTimeout(() => void this.#connect(), pause);
  }

  /** Until there is a connection nobody needs to wait. */
  #fail(problem: string): void {
    this.#problem = problem;
    for (const call of this.#waiting) giveUp(call, this.#sentence(problem));
    this.#waiting = [];
    this.#first.reject(new Error(this.#sentence(problem)));
  }

  #sentence(problem: string): string {
    return `${this.source} is not available: ${problem}`;
  }

  #pending(
    name: Call,
    fields: readonly Uint8Array[],
    milliseconds: number,
    resolve: PendingCall['resolve'],
    reject: PendingCall['reject'],
  ): PendingCall {
    const patience = milliseconds - SWEEP_MS;
    const until = performance.now() + patience;
    return { kind: CALL[name], fields, patience, until, sentAt: 0, isSettled: false, resolve, reject };
  }

  #pump(): void {
    const most = SENT_PER_SESSION * this.#settings.sessions;
    while (this.#isUp && this.#sent.size < most) {
      const call = this.#waiting.shift();
      if (call === undefined) return;
      this.#send(call);
    }
  }

  #send(call: PendingCall, own?: 'own'): void {
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    call.sentAt = performance.now();
    this.#sent.set(id, call);
    this.#link?.send({ id, kind: call.kind, fields: call.fields }, own);
  }

  #receive(message: Received): void {
    const call = this.#sent.get(message.id);
    if (call === undefined) return;
    this.#sent.delete(message.id);
    if (message.kind === ANSWER.lost) this.#link?.kill(String(message.fields[0]));
    settle(call, this.source, message);
    this.#pump();
  }

  #check(): void {
    const ignored = (): void => undefined; // what a check finds is acted on where it arrives, or does not
    if (this.#isUp) this.#send(this.#pending('check', [], this.#settings.timeoutMs, ignored, ignored));
  }

  #sweep(): void {
    const now = performance.now();
    const late = (call: PendingCall): boolean => call.until <= now;
    const tooLate = 'no answer in time';
    for (const call of this.#waiting) if (late(call)) giveUp(call, this.#sentence(tooLate));
    this.#waiting = this.#waiting.filter((call) => !call.isSettled);
    for (const call of this.#sent.values()) {
      if (late(call)) giveUp(call, this.#sentence(tooLate));
      if (call.sentAt + call.patience <= now) this.#link?.kill(tooLate);
    }
  }
}
