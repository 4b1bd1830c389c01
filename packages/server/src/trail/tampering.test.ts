import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type Checkpoint, parseCheckpoint } from './checkpoints/checkpoint.ts';
import { SigningKey } from './checkpoints/signing-key.ts';
import { temporaryDirectory } from './test-kit/samples.ts';
import { verifyAgain } from './test-kit/second-verifier.ts';
import { SignedTrail } from './test-kit/signed-trail.ts';
import { verifyTrail } from './verify.ts';

/** File names and contents of a trail, with all its checkpoints. */
type Files = Map<string, string>;

/** Where to tamper; each number is taken modulo what there is. */
interface Choice {
  readonly file: number;
  readonly line: number;
  readonly byte: number;
}

/** Changes the files; returns the number of the first entry that is no longer as it was. */
type Tampering = (files: Files, choice: Choice) => number;

const linesOf = (text: string | undefined): string[] => (text ?? '').split(/(?<=\n)/);
const numberIn = (line: string | undefined): number => Number(/"n":(\d+)/.exec(line ?? '')?.[1]);
const segmentsOf = (files: Files): string[] => [...files.keys()].filter((name) => name.endsWith('.trail'));
const pick = <T>(all: readonly T[], index: number): T => {
  const found = all[index % all.length];
  assert.ok(found !== undefined, 'there is something to pick from');
  return found;
};

/** A line of a segment. */
function pickLine(files: Files, { file, line }: Choice) {
  const name = pick(segmentsOf(files), file);
  const lines = linesOf(files.get(name));
  const at = line % lines.length;
  return { name, lines, at, seq: numberIn(lines[at]) };
}

/** Notes one by one, in order. */
function notesOf(files: Files) {
  return [...files].flatMap(([name, text]) =>
    name.endsWith('.checkpoints') ? text.split(/(?<=\n— .*\n)/).map((note) => ({ name, note })) : [],
  );
}

function rewriteNotes(files: Files, notes: ReturnType<typeof notesOf>): void {
  for (const name of [...files.keys()].filter((each) => each.endsWith('.checkpoints'))) files.delete(name);
  for (const { name, note } of notes) files.set(name, (files.get(name) ?? '') + note);
}

/** Number of the first line that a note signs and the one before it does not. */
function firstSignedBy(files: Files, notes: ReturnType<typeof notesOf>, at: number): number {
  return at === 0
    ? numberIn(files.get(segmentsOf(files)[0] ?? ''))
    : signedSeq(notes[at - 1]?.note ?? '') + 1;
}

const signedSeq = (note: string): number => Number(note.split('\n')[1]);

/** All hashes from a line on, as somebody without the key can compute them. */
function rehash(files: Files, from: number): void {
  const [first = ''] = segmentsOf(files);
  let previous = /"previous":"([0-9a-f]*)"/.exec(files.get(first) ?? '')?.[1] ?? '';
  for (const name of segmentsOf(files)) {
    const lines = linesOf(files.get(name)).map((line) => {
      const changed = line.slice(65, -1);
      const json = line.includes('"h":{')
        ? changed.replace(/"previous":"[0-9a-f]*"/, `"previous":"${previous}"`)
        : changed;
      const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(json).digest('hex');
      if (numberIn(line) < from) assert.equal(hash, line.slice(0, 64));
      previous = hash;
      return `${hash} ${json}\n`;
    });
    files.set(name, lines.join(''));
  }
}

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'a byte is edited'(files, choice) {
    const { name, lines, at, seq } = pickLine(files, choice);
    const line = Buffer.from(lines[at] ?? '');
    const byte = choice.byte % line.length;
    line[byte] = (line[byte] ?? 0) === 0x30 ? 0x31 : 0x30;
    files.set(name, [...lines.slice(0, at), line.toString(), ...lines.slice(at + 1)].join(''));
    return seq;
  },
  'a line is dropped'(files, choice) {
    const { name, lines, at, seq } = pickLine(files, choice);
    files.set(name, lines.toSpliced(at, 1).join(''));
    return seq;
  },
  'a line stands twice'(files, choice) {
    const { name, lines, at, seq } = pickLine(files, choice);
    files.set(name, lines.toSpliced(at, 0, lines[at] ?? '').join(''));
    return seq + 1;
  },
  'two lines are swapped'(files, choice) {
    const { name, lines, at } = pickLine(files, choice);
    const other = (at + 1) % lines.length;
    const first = Math.min(numberIn(lines[at]), numberIn(lines[other]));
    if (other === at)
      lines.splice(0); // a file of one line: there is nothing to swap it with
    else [lines[at], lines[other]] = [lines[other] ?? '', lines[at] ?? ''];
    files.set(name, lines.join(''));
    return first;
  },
  'the end is cut off'(files, choice) {
    const { name, lines, at, seq } = pickLine(files, choice);
    const kept = (lines[at] ?? '').slice(0, choice.byte % 80);
    for (const later of segmentsOf(files)) if (later > name) files.delete(later);
    files.set(name, lines.slice(0, at).join('') + kept);
    return seq;
  },
  'the end is cut off, with the checkpoints that signed it'(files, choice) {
    const seq = TAMPERINGS['the end is cut off']?.(files, choice) ?? 0;
    const left = notesOf(files).filter(({ note }) => signedSeq(note) < seq);
    rewriteNotes(files, left);
    return seq;
  },
  'a segment is dropped'(files, { file }) {
    const name = pick(segmentsOf(files), file);
    const seq = numberIn(files.get(name));
    files.delete(name);
    return seq;
  },
  'a checkpoint is dropped'(files, { line }) {
    const notes = notesOf(files);
    const at = line % notes.length;
    rewriteNotes(files, notes.toSpliced(at, 1));
    return firstSignedBy(files, notes, at);
  },
  'a checkpoint is dropped, but not the last'(files, { line }) {
    const notes = notesOf(files);
    const at = line % (notes.length - 1);
    rewriteNotes(files, notes.toSpliced(at, 1));
    return firstSignedBy(files, notes, at);
  },
  'two checkpoints are swapped'(files, { line }) {
    const notes = notesOf(files);
    const at = line % (notes.length - 1);
    const [one, two] = [notes[at], notes[at + 1]];
    assert.ok(one && two);
    notes.splice(at, 2, { name: one.name, note: two.note }, { name: two.name, note: one.note });
    rewriteNotes(files, notes);
    return firstSignedBy(files, notes, at);
  },
  'a byte of a checkpoint is edited'(files, { line, byte }) {
    const notes = notesOf(files);
    const at = line % notes.length;
    const chosen = notes[at];
    assert.ok(chosen);
    const bytes = Buffer.from(chosen.note);
    const where = byte % bytes.length;
    bytes[where] = (bytes[where] ?? 0) === 0x31 ? 0x32 : 0x31;
    notes[at] = { name: chosen.name, note: bytes.toString() };
    rewriteNotes(files, notes);
    return firstSignedBy(files, notes, at);
  },
  'an entry is edited and the chain computed anew'(files, choice) {
    return editAndRehash(files, choice);
  },
  'the chain is computed anew and signed with another key'(files, choice) {
    const seq = editAndRehash(files, choice);
    const hashes = new Map(
      segmentsOf(files).flatMap((name) =>
        linesOf(files.get(name)).map((line) => [numberIn(line), line.slice(0, 64)] as const),
      ),
    );
    const forger = new SigningKey(generateKeyPairSync('ed25519').privateKey);
    const forged = notesOf(files).map(({ name, note }) => {
      const body = note.slice(0, note.lastIndexOf('\n\n') + 1);
      const told = parseCheckpoint(body.split('\n')[0] ?? '', body);
      assert.ok(told);
      const head = { seq: told.head.seq, hash: hashes.get(told.head.seq) ?? '' };
      return { name, note: forger.sign({ ...told, head } satisfies Checkpoint) };
    });
    rewriteNotes(files, forged);
    return seq;
  },
};

function editAndRehash(files: Files, choice: Choice): number {
  const { name, lines, at, seq } = pickLine(files, choice);
  lines[at] = (lines[at] ?? '').replace(/"t":\d/, (text) => (text === '"t":1' ? '"t":2' : '"t":1'));
  files.set(name, lines.join(''));
  rehash(files, seq);
  return seq;
}

const DAY_MS = 86_400_000;
/** After how many entries checkpoints are signed; the newest `keep` groups stay. */
const SHAPES = [
  { segmentBytes: 1500, groups: [1, 2, 5, 3] },
  { segmentBytes: 1500, groups: [1, 2, 5, 3, 2], keep: 2 },
  { segmentBytes: 3000, groups: [7, 7] },
  { segmentBytes: 1_000_000, groups: [4, 1, 1] },
  { segmentBytes: 600, groups: [1, 1, 1, 1, 1, 1] },
];

/** The trails that all tamperings are tried on. Each ends with a checkpoint, of which there is a copy. */
const trails = await Promise.all(
  SHAPES.map(async ({ segmentBytes, groups, keep = groups.length }) => {
    const signed = await new SignedTrail({ after }).open({ segmentBytes });
    for (const count of groups) {
      signed.time += DAY_MS;
      await signed.append(count);
      await signed.checkpointer.sign();
    }
    if (keep < groups.length) assert.ok((await signed.removeOld(0, keep)) > 0);
    await signed.close();
    const { directory, copies, key } = signed;
    const files = readdirSync(directory).sort();
    const contents: Files = new Map(files.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
    return { contents, copies, publicKey: key.publicKey, signed: signed.trail.head().seq };
  }),
);

function write(directory: string, files: Files): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const [name, text] of files) writeFileSync(join(directory, name), text);
}

test('a trail that nobody touched passes both verifiers', async (t) => {
  const directory = join(temporaryDirectory(t), 'trail');
  for (const { contents, copies, publicKey, signed } of trails) {
    write(directory, contents);
    for (const with_ of [[], [copies]]) {
      const verdict = await verifyTrail(directory, { proof: { publicKey, copies: with_ } });
      assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
      assert.equal(verdict.signed?.head.seq, signed);
      assert.equal(verifyAgain(directory, publicKey.pem, with_), signed);
    }
  }
});

/** What does not show without the copies: the last checkpoint may be gone or cut short. */
const NEEDS_COPIES = [
  'the end is cut off, with the checkpoints that signed it',
  'a checkpoint is dropped',
  'a byte of a checkpoint is edited',
];

const choices = fc.record({ file: fc.nat(), line: fc.nat(), byte: fc.nat() });

for (const [name, tamper] of Object.entries(TAMPERINGS)) {
  test(`${name}: both verifiers find it, and the first bad entry is not behind what is named`, async (t) => {
    const directory = join(temporaryDirectory(t), 'trail');
    await fc.assert(
      fc.asyncProperty(fc.nat(), choices, fc.boolean(), async (which, choice, alone) => {
        const trail = pick(trails, which);
        const files = new Map(trail.contents);
        const bad = tamper(files, choice);
        write(directory, files);
        const { publicKey } = trail;
        const copies = alone && !NEEDS_COPIES.includes(name) ? [] : [trail.copies];
        const verdict = await verifyTrail(directory, { proof: { publicKey, copies } });
        assert.ok(!verdict.ok, 'it was not found');
        assert.ok((verdict.signed?.head.seq ?? 0) < bad, `${verdict.message}; signed too far: ${bad} is bad`);
        assert.ok(verdict.seq <= bad, `${verdict.message}; but ${bad} is the first bad one`);
        assert.throws(() => verifyAgain(directory, publicKey.pem, copies));
      }),
      { numRuns: 30 },
    );
  });
}
