// Written from docs/trail.md alone; shares no code with the verifier that is shipped, so that the page is held to be
// complete. Reads everything into memory and knows no accepted damage.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface SignedNote {
  readonly whole: string;
  readonly seq: number;
  readonly hash: string;
  readonly number: number;
  readonly front: Start | undefined;
}

interface Start {
  readonly segment: number;
  readonly seq: number;
  readonly hash: string;
  readonly first: number;
}

const sha256 = (...parts: (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const filesIn = (directory: string, end: string) =>
  readdirSync(directory)
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => ({ number: Number.parseInt(name, 10), bytes: readFileSync(join(directory, name)) }));

function readNotes(directory: string, pem: string): SignedNote[] {
  const key = createPublicKey(pem);
  const der = key.export({ type: 'spki', format: 'der' });
  const origin = `keyhold-trail/${sha256(der).toString('hex').slice(0, 16)}`;
  const keyId = sha256(`${origin}\n`, Buffer.of(1), der.subarray(der.length - 32)).subarray(0, 4);
  const notes: SignedNote[] = [];
  for (const { bytes } of filesIn(directory, '.checkpoints')) {
    const text = bytes.toString();
    for (const [whole, body, signature] of text.matchAll(/([\s\S]*?\n)\n— [^ \n]+ (\S+)\n|[\s\S]+/g)) {
      if (body === undefined) {
        if (whole.endsWith('\n') && whole.includes('— ')) throw new Error('a note is no note');
        continue; // cut short
      }
      const raw = Buffer.from(signature ?? '', 'base64');
      const good =
        whole === `${body}\n— ${origin} ${raw.toString('base64')}\n` &&
        raw.subarray(0, 4).equals(keyId) &&
        verify(null, Buffer.from(body), key, raw.subarray(4));
      if (!good) throw new Error('a note is not signed');
      const [, seq, hash = '', number = '', , front] = body.split('\n');
      const [, segment, before, beforeHash = '', first] = (front ?? '').split(' ');
      if (Number(number.slice('number '.length)) <= (notes.at(-1)?.number ?? 0))
        throw new Error('out of order');
      const start = {
        segment: Number(segment),
        seq: Number(before),
        hash: beforeHash,
        first: Number(first),
      };
      notes.push({
        whole,
        seq: Number(seq),
        hash,
        number: Number(number.slice('number '.length)),
        front: front ? start : undefined,
      });
    }
  }
  return notes;
}

/** Throws where the trail is not the one that was signed. Returns the number up to which it is signed. */
export function verifyAgain(directory: string, pem: string, copies: readonly string[] = []): number {
  const own = readNotes(directory, pem);
  const all = new Map(own.map((note) => [note.number, note]));
  for (const note of copies.flatMap((copy) => readNotes(copy, pem))) {
    if ((all.get(note.number) ?? note).whole !== note.whole) throw new Error('two notes differ');
    all.set(note.number, note);
  }
  const notes = [...all.values()].sort((a, b) => a.number - b.number);
  const front = notes.at(-1)?.front ?? { segment: 1, seq: 0, hash: '0'.repeat(64), first: 1 };
  const [oldest] = notes;
  if (!oldest || oldest.number > front.first) throw new Error('the first notes are missing');
  notes.forEach((note, i) => {
    if (note.number !== oldest.number + i) throw new Error('a note is missing');
    const missing = own.length > 0 && note.number >= front.first && !own.includes(note);
    if (missing && !own.some(({ number }) => number === note.number))
      throw new Error('only a copy has a note');
  });

  let { seq, hash } = front;
  const hashes = new Map<number, string>();
  const segments = filesIn(directory, '.trail').filter(({ number }) => number >= front.segment);
  segments.forEach(({ number, bytes }, i) => {
    if (number !== front.segment + i) throw new Error('a segment is missing');
    let size = bytes.length;
    const next = segments[i + 1]?.bytes.toString() ?? '';
    const header = next.slice(65, next.indexOf('\n')); // empty where a crash cut it short
    if (header) size = JSON.parse(header).h.validBytes ?? size;
    for (let start = 0; start < size; ) {
      const end = bytes.indexOf(10, start);
      if (end === -1 || end >= size) {
        if (header) throw new Error('a line is cut short');
        break;
      }
      const json = bytes.subarray(start + 65, end);
      const digest = sha256(Buffer.from(hash, 'hex'), json).toString('hex');
      if (bytes.toString('latin1', start, start + 65) !== `${digest} `) throw new Error(`after ${seq}`);
      const line = JSON.parse(json.toString());
      if (line.n !== ++seq) throw new Error(`number ${line.n} where ${seq} belongs`);
      if (start === 0 && (line.h.segment !== number || line.h.previous !== hash)) throw new Error('header');
      hash = digest;
      hashes.set(seq, hash);
      start = end + 1;
    }
  });
  for (const note of notes) {
    if (note.seq > front.seq && hashes.get(note.seq) !== note.hash)
      throw new Error(`not as ${note.number} signed`);
  }
  return notes.at(-1)?.seq ?? 0;
}
