/** A wall clock that gains this much on the one that only goes forward has been set, or the machine has slept. */
const JUMP_MS = 60_000;
/** How long it takes, with the server running, until what it says since then is believed. */
const DOUBT_MS = 3_600_000;
/** A server that was off for longer cannot tell at its start whether the clock was set meanwhile. */
const OFF_MS = 600_000;
/** Finer ones would be many while a clock is slewed. */
const STEP_MS = 1000;

/** What the next start has to know: what the wall clock would say now, had it gone on as the steady one does. */
export interface ClockMemory {
  readonly believed: number;
  /** How much longer what it says is doubted. */
  readonly doubtMs: number;
  /** The same as believed, or what is believed after that. */
  readonly seen: number;
}

/** How far the wall clock was ahead of the steady one, until when. */
interface Level {
  readonly offset: number;
  readonly slack: number;
  until: number;
}

/**
 * Tells whether the clock has jumped forward lately, before the start included: it is doubted while it is ahead of what
 * it was within the last hour of service. What is final waits meanwhile: somebody may put the clock right, or cancel what
 * seems to be due.
 */
export class ClockJump {
  readonly #wall: () => number;
  readonly #steady: () => number;
  /** Of the last hour; each is below those after it. */
  #levels: readonly Level[];

  /** `steady` counts milliseconds that only go forward. */
  constructor(wall: () => number, steady: () => number, before?: ClockMemory) {
    this.#wall = wall;
    this.#steady = steady;
    const start = steady();
    const { believed, doubtMs, seen } = before ?? { believed: wall(), doubtMs: 0, seen: wall() };
    this.#levels = [
      { offset: believed - start, slack: OFF_MS, until: start - DOUBT_MS + doubtMs },
      { offset: seen - start, slack: OFF_MS, until: start },
    ];
  }

  /** To be asked often: a level lasts until the next is seen. */
  isDoubted(): boolean {
    return this.#look().doubting.length > 0;
  }

  /** The time that a server was off is not in it before an hour has passed: starts one after the other gain it once. */
  memory(): ClockMemory {
    const { steady, offset, doubting } = this.#look();
    const sound = this.#levels.find((level) => !doubting.includes(level));
    return {
      believed: steady + (this.#levels[0]?.offset ?? offset),
      doubtMs: Math.max(0, ...doubting.map(({ until }) => until + DOUBT_MS - steady)),
      seen: steady + (sound?.offset ?? offset),
    };
  }

  #look() {
    const steady = this.#steady();
    const offset = Math.floor((this.#wall() - steady) / STEP_MS) * STEP_MS;
    const last = this.#levels.at(-1);
    if (last) last.until = steady;
    const lower = this.#levels.filter((level) => level.offset < offset && level.until > steady - DOUBT_MS);
    this.#levels = [...lower, { offset, slack: JUMP_MS, until: steady }];
    return { steady, offset, doubting: lower.filter((level) => offset - level.offset > level.slack) };
  }
}
