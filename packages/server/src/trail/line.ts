import { parseJson } from '@keyhold/api/json-text.ts';
import type { Entry, EntryCaller } from './entry.ts';

/**
 * The JSON of one line of the trail, and back. Names are short and what goes without saying is left out,
 * because every call writes a line:
 *
 * | name | of every line              | name | of an entry                              | name | of an origin          |
 * |------|----------------------------|------|------------------------------------------|------|-----------------------|
 * | `n`  | number, from 1, no gaps    | `i`  | requestId                                | `k`  | accessKeyId           |
 * | `t`  | time                       | `a`  | action                                   | `c`  | accountId             |
 * |      |                            | `d`  | kind, unless `call`                      | `r`  | region                |
 * | `h`  | of a header: see `Header`  | `p`  | parameters                               | `s`  | sourceIp              |
 * | `q`  | replay: token, and how far | `z`  | response                                 | `u`  | userAgent             |
 * |      | its time lies before `t`   | `e`  | errorCode                                | `g`  | principalId, unless c |
 * | `o`  | origin, or how many lines  | `m`  | errorMessage                             | `y`  | type, unless root     |
 * |      | ago the same one stood     | `x`  | resources; `:` is the ARN up to account  | `f`  | userName, if any      |
 * |      |                            | `w`  | reasons                                  | `b`  | session, if any:      |
 * |      |                            |      |                                          |      | startedAt, assumedBy  |
 * |      |                            |      |                                          | `v`  | version, unless KMS's |
 * |      |                            |      |                                          | `l`  | 1: TLS                |
 *
 * An origin is who called from where. It is half of a line and seldom changes, so a line may point back to
 * it, by at most 1024 lines: damage to one line can hide no more callers than that. In `p` and `z` the text
 * `/` stands for the name of the first resource (what follows its last slash).
 */
export type Line = HeaderLine | { readonly seq: number; readonly time: number; readonly entry: Entry };

export interface HeaderLine {
  readonly seq: number;
  readonly time: number;
  readonly header: Header;
}

/** First line of a segment. */
export interface Header {
  readonly format: 1;
  readonly segment: number;
  /** Hash of the line before, in hex. */
  readonly previous: string;
  /** Where the segment before ends in a line cut short by a crash: how many of its bytes count. */
  readonly validBytes?: number;
  /** Set where an operator accepted that what stood before is damaged. */
  readonly accepted?: AcceptedBreak;
}

/** From `segment`, byte `offset`, up to this header nothing can be trusted; `digest` pins the bytes as found. */
export interface AcceptedBreak {
  readonly segment: number;
  readonly offset: number;
  /** Number of the last entry before the damage. */
  readonly after: number;
  readonly digest: string;
  readonly reason: string;
}

export class LineUnreadable extends Error {
  override readonly name = 'LineUnreadable';
}

/** As far as a line may point back to its origin. */
export const REACH = 1024;
const USUAL_VERSION = '2016-01-20';

type Origin = Pick<Entry, 'version' | 'region' | 'caller' | 'sourceIp' | 'userAgent' | 'tls'>;

/** Encodes the lines of one segment, in order; a new segment needs a new encoder. */
export class LineEncoder {
  readonly #origins = new Map<string, { readonly seq: number; readonly origin: Origin }>();

  encode(seq: number, entry: Entry): string {
    // Built as text, not as an object: half the time of JSON.stringify, and `__proto__` is a name like any other.
    const name = lastPart(entry.resources[0]);
    const { replay, caller } = entry;
    let line = `{"n":${seq},"t":${entry.time}`;
    if (replay) line += `,"q":[${quote(replay.token)},${entry.time - replay.timestamp}]`;

    const known = this.#origins.get(originKey(entry));
    const ago = known && seq - known.seq <= REACH && sameOrigin(known.origin, entry) ? seq - known.seq : 0;
    line += `,"o":${ago || originText(entry)},"i":${quote(entry.requestId)},"a":${quote(entry.action)}`;
    if (entry.kind !== 'call') line += `,"d":"${entry.kind}"`;
    line += `,"p":${membersText(entry.parameters, name)}`;
    if (entry.response) line += `,"z":${membersText(entry.response, name)}`;
    if (entry.errorCode !== undefined) line += `,"e":${quote(entry.errorCode)}`;
    if (entry.errorMessage !== undefined) line += `,"m":${quote(entry.errorMessage)}`;
    if (entry.resources.length > 0) {
      const stem = `acs:kms:${entry.region}:${caller.accountId}:`;
      line += `,"x":${JSON.stringify(entry.resources.map((arn) => shorten(arn, stem)))}`;
    }
    if (entry.reasons.length > 0) line += `,"w":${JSON.stringify(entry.reasons)}`;

    if (ago === 0) this.#remember(seq, entry);
    return `${line}}`;
  }

  #remember(seq: number, origin: Origin): void {
    if (this.#origins.size >= REACH) this.#origins.clear();
    this.#origins.set(originKey(origin), { seq, origin });
  }
}

/** Decodes the lines of one segment, in order; a new segment needs a new decoder. */
export class LineDecoder {
  readonly #origins = new Map<number, Origin>();

  /** Throws LineUnreadable. */
  decode(json: string): Line {
    try {
      return this.#decode(parseJson(json) as WireLine);
    } catch (error) {
      throw new LineUnreadable('not a line of the trail', { cause: error });
    }
  }

  /** Undefined for a header, and for a line that cannot be read. */
  entry(json: string): Entry | undefined {
    const line = this.#readable(json);
    return line && 'entry' in line ? line.entry : undefined;
  }

  /** Undefined for an entry, and for a line that cannot be read. */
  header(json: string): HeaderLine | undefined {
    const line = this.#readable(json);
    return line && 'header' in line ? line : undefined;
  }

  #readable(json: string): Line | undefined {
    try {
      return this.decode(json);
    } catch (error) {
      if (error instanceof LineUnreadable) return undefined;
      throw error;
    }
  }

  #decode(line: WireLine): Line {
    const { n: seq, t: time } = line;
    if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(time)) throw new TypeError('no number or time');
    if (line.h) return { seq, time, header: checkedHeader(line.h) };

    const { version, region, caller, sourceIp, userAgent, tls } = this.#origin(seq, line.o);
    const stem = `acs:kms:${region}:${caller.accountId}:`;
    const resources = (line.x ?? []).map((text) => lengthen(text, stem));
    const name = lastPart(resources[0]);
    return {
      seq,
      time,
      entry: {
        kind: line.d ?? 'call',
        time,
        requestId: line.i,
        version,
        action: line.a,
        region,
        caller,
        sourceIp,
        userAgent,
        tls,
        parameters: membersOf(line.p, name),
        ...(line.z && { response: membersOf(line.z, name) }),
        ...(line.e !== undefined && { errorCode: line.e }),
        ...(line.m !== undefined && { errorMessage: line.m }),
        resources,
        reasons: line.w ?? [],
        ...(line.q && { replay: { token: line.q[0], timestamp: time - line.q[1] } }),
      },
    };
  }

  #origin(seq: number, wire: number | WireOrigin): Origin {
    if (typeof wire === 'number') {
      const origin = this.#origins.get(seq - wire);
      if (!origin) throw new TypeError('the line points back to none');
      return origin;
    }
    const origin = originOf(wire);
    this.#origins.set(seq, origin);
    if (this.#origins.size > 2 * REACH) {
      for (const old of this.#origins.keys()) if (old < seq - REACH) this.#origins.delete(old);
    }
    return origin;
  }
}

/** How many lines before this one its origin stands; 0 where it carries its own. Throws LineUnreadable. */
export function linesToOrigin(json: string): number {
  try {
    const { o } = parseJson(json) as WireLine;
    return typeof o === 'number' ? o : 0;
  } catch (error) {
    throw new LineUnreadable('not a line of the trail', { cause: error });
  }
}

export function headerText(seq: number, time: number, header: Header): string {
  return JSON.stringify({ n: seq, t: time, h: header });
}

/** What JSON.parse gives if we wrote the line ourselves. */
interface WireLine {
  readonly n: number;
  readonly t: number;
  readonly h?: Header;
  readonly q?: readonly [string, number];
  readonly o: number | WireOrigin;
  readonly i: string;
  readonly a: string;
  readonly d?: Entry['kind'];
  readonly p: Record<string, unknown>;
  readonly z?: Record<string, unknown>;
  readonly e?: string;
  readonly m?: string;
  readonly x?: readonly string[];
  readonly w?: readonly string[];
}

interface WireOrigin {
  readonly k: string;
  readonly c: string;
  readonly r: string;
  readonly s: string;
  readonly u: string;
  readonly g?: string;
  readonly y?: EntryCaller['type'];
  readonly f?: string;
  readonly b?: readonly [startedAt: number, assumedBy: string];
  readonly v?: string;
  readonly l?: 1;
}

const quote = (text: string): string => JSON.stringify(text);

/** Only finds candidates: `sameOrigin` decides. */
const originKey = ({ caller, sourceIp, userAgent }: Origin): string =>
  caller.accessKeyId + sourceIp + userAgent;

const sameOrigin = (a: Origin, b: Origin): boolean =>
  a.userAgent === b.userAgent &&
  a.sourceIp === b.sourceIp &&
  sameCaller(a.caller, b.caller) &&
  a.region === b.region &&
  a.version === b.version &&
  a.tls === b.tls;

const sameCaller = (a: EntryCaller, b: EntryCaller): boolean =>
  a === b ||
  (a.accessKeyId === b.accessKeyId &&
    a.principalId === b.principalId &&
    a.accountId === b.accountId &&
    a.type === b.type &&
    a.userName === b.userName &&
    a.session?.startedAt === b.session?.startedAt &&
    a.session?.assumedBy === b.session?.assumedBy);

function originText({ caller, region, sourceIp, userAgent, version, tls }: Origin): string {
  const wire: WireOrigin = {
    k: caller.accessKeyId,
    c: caller.accountId,
    r: region,
    s: sourceIp,
    u: userAgent,
    ...(caller.principalId !== caller.accountId && { g: caller.principalId }),
    ...(caller.type !== 'root-account' && { y: caller.type }),
    ...(caller.userName !== undefined && { f: caller.userName }),
    ...(caller.session && { b: [caller.session.startedAt, caller.session.assumedBy] as const }),
    ...(version !== USUAL_VERSION && { v: version }),
    ...(tls && { l: 1 }),
  };
  return JSON.stringify(wire);
}

const originOf = (wire: WireOrigin): Origin => ({
  version: wire.v ?? USUAL_VERSION,
  region: wire.r,
  caller: {
    accountId: wire.c,
    type: wire.y ?? 'root-account',
    principalId: wire.g ?? wire.c,
    accessKeyId: wire.k,
    ...(wire.f !== undefined && { userName: wire.f }),
    ...(wire.b && { session: { startedAt: wire.b[0], assumedBy: wire.b[1] } }),
  },
  sourceIp: wire.s,
  userAgent: wire.u,
  tls: wire.l === 1,
});

const lastPart = (arn: string | undefined): string | undefined =>
  arn?.includes('/') ? arn.slice(arn.lastIndexOf('/') + 1) : undefined;

function membersText(members: Readonly<Record<string, unknown>>, name: string | undefined): string {
  let text = '';
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (value === undefined) continue;
    const json = typeof value === 'string' ? quote(refer(value, name)) : JSON.stringify(value);
    text += `${text && ','}${quote(key)}:${json}`;
  }
  return `{${text}}`;
}

function membersOf(members: Record<string, unknown>, name: string | undefined): Record<string, unknown> {
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (typeof value === 'string') members[key] = value === '/' ? name : unmark(value, '/');
  }
  return members;
}

// A text that happens to begin like a reference gets its first character twice.
const refer = (value: string, name: string | undefined): string =>
  value === name ? '/' : value.startsWith('/') ? `/${value}` : value;
const shorten = (arn: string, stem: string): string =>
  arn.startsWith(stem)
    ? `:${arn.slice(stem.length)}`
    : arn.startsWith(':') || arn.startsWith('\\')
      ? `\\${arn}`
      : arn;
const unmark = (value: string, mark: string): string => (value.startsWith(mark) ? value.slice(1) : value);
const lengthen = (text: string, stem: string): string =>
  text.startsWith(':') ? stem + text.slice(1) : unmark(text, '\\');

function checkedHeader(header: Header): Header {
  if (header.format !== 1) throw new TypeError(`format ${String(header.format)} is not known`);
  if (!Number.isSafeInteger(header.segment) || !/^[0-9a-f]{64}$/.test(header.previous)) {
    throw new TypeError('the header is incomplete');
  }
  return header;
}
