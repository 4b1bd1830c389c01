/** Short work shows nothing. */
const QUIET_MS = 700;
const REDRAW_MS = 100;
const BAR_WIDTH = 20;

export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type Unit = 'bytes' | 'files';

/** A bar with rate and time left, for a person who watches; nothing in a pipe or a log. */
export class Progress {
  readonly #screen: Screen;
  readonly #unit: Unit;
  readonly #now: () => number;
  readonly #start: number;
  #drawnAt: number;
  #drawn = false;

  constructor(unit: Unit, screen: Screen = process.stderr, now: () => number = () => performance.now()) {
    this.#unit = unit;
    this.#screen = screen;
    this.#now = now;
    this.#start = now();
    this.#drawnAt = this.#start + QUIET_MS - REDRAW_MS;
  }

  /** `total` is undefined where nobody knows it; of a file that is at work the part that is done counts. */
  update(done: number, total: number | undefined): void {
    const now = this.#now();
    if (!this.#screen.isTTY || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#drawn = true;
    const line = barLine(this.#unit, done, total, (now - this.#start) / 1000);
    this.#screen.write(`\r${line.slice(0, (this.#screen.columns || 80) - 1)}\x1b[K`);
  }

  /** The line is free again. */
  end(): void {
    if (this.#drawn) this.#screen.write('\r\x1b[K');
    this.#drawn = false;
  }
}

function barLine(unit: Unit, done: number, total: number | undefined, seconds: number): string {
  const amount = (n: number): string => (unit === 'bytes' ? bytesText(n) : `${Math.floor(n)}`);
  const rate = done / Math.max(seconds, 0.001);
  const speed = unit === 'bytes' ? `${bytesText(rate)}/s` : `${rateText(rate)} files/s`;
  if (total === undefined) return `${amount(done)}  ${speed}`;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * BAR_WIDTH);
  const left = rate > 0 ? durationText((total - done) / rate) : '?';
  const bar = `${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}`;
  return `[${bar}] ${Math.floor(share * 100)} %  ${amount(done)} of ${amount(total)}  ${speed}  ${left} left`;
}

/** Large files take longer than a second each. */
const rateText = (rate: number): string => (rate < 1 ? rate.toPrecision(2) : `${Math.round(rate)}`);

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function bytesText(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
