import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Head } from './chain.ts';
import { openTrail } from './open-trail.ts';
import { segmentName } from './segments.ts';
import { appendSamples, temporaryDirectory } from './test-kit/samples.ts';
import { verifyTrail } from './verify.ts';

/** At least three segments of some 2000 bytes, and the head. */
async function smallTrail(t: TestContext): Promise<{ directory: string; head: Head; files: string[] }> {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory, { segmentBytes: 2000 });
  await appendSamples(trail, 0, 18);
  await trail.close();
  const files = readdirSync(directory).sort();
  assert.ok(files.length > 2);
  return { directory, head: trail.head(), files };
}

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split(/(?<=\n)/);

test('a whole trail is whole', async (t) => {
  const { directory, head, files } = await smallTrail(t);
  const verdict = await verifyTrail(directory, { anchor: head });
  assert.ok(verdict.ok);
  assert.deepEqual(verdict.head, head);
  assert.equal(verdict.lines, 18 + files.length);
  assert.equal(verdict.segments, files.length);
  assert.equal(verdict.anchored, true);
  assert.deepEqual(verdict.breaks, []);
  const earlier = {
    seq: 5,
    hash:
      readFileSync(join(directory, segmentName(1)), 'utf8')
        .split('\n')[4]
        ?.slice(0, 64) ?? '',
  };
  assert.ok((await verifyTrail(directory, { anchor: earlier })).ok);
});

test('any flipped bit is found, and its line named', async (t) => {
  const { directory, head, files } = await smallTrail(t);
  const contents = files.map((file) => readFileSync(join(directory, file)));
  await fc.assert(
    fc.asyncProperty(fc.nat(files.length - 1), fc.nat(), fc.nat(7), async (which, where, bit) => {
      const bytes = Buffer.from(contents[which] ?? []);
      const at = where % bytes.length;
      const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const path = join(directory, files[which] ?? '');
      writeFileSync(path, bytes);
      const verdict = await verifyTrail(directory, { anchor: head });
      writeFileSync(path, contents[which] ?? '');
      assert.ok(!verdict.ok);
      if (at === bytes.length - 1) return; // The last newline: the file's end is gone.
      assert.equal(verdict.file, files[which]);
      assert.equal(verdict.line, line);
      assert.match(verdict.message, new RegExp(`${verdict.file}, line ${line} `));
    }),
    { numRuns: 200 },
  );
});

type Edit = { does: string; kind: string; edit: (lines: string[], at: number) => void };
const EDITS: Edit[] = [
  { does: 'removed', kind: 'removed', edit: (lines, at) => lines.splice(at, 1) },
  { does: 'put in again', kind: 'inserted', edit: (lines, at) => lines.splice(at, 0, lines[at - 1] ?? '') },
  { does: 'swapped with the next', kind: 'reordered', edit: (lines, at) => swap(lines, at, at + 1) },
  {
    does: 'moved down',
    kind: 'reordered',
    edit: (lines, at) => lines.splice(at + 2, 0, ...lines.splice(at, 1)),
  },
  { does: 'emptied', kind: 'edited', edit: (lines, at) => lines.splice(at, 1, '\n') },
  { does: 'preceded by junk', kind: 'edited', edit: (lines, at) => lines.splice(at, 0, 'junk\n') },
];

function swap(lines: string[], a: number, b: number): void {
  [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
}

for (const { does, kind, edit } of EDITS) {
  test(`a line that is ${does} is found and named`, async (t) => {
    const { directory, head, files } = await smallTrail(t);
    for (const file of files.slice(0, 2)) {
      const lines = linesOf(join(directory, file));
      for (let at = 1; at < lines.length - 3; at++) {
        const changed = [...lines];
        edit(changed, at);
        writeFileSync(join(directory, file), changed.join(''));
        const verdict = await verifyTrail(directory, { anchor: head });
        assert.ok(!verdict.ok);
        assert.deepEqual([verdict.file, verdict.line, verdict.kind], [file, at + 1, kind]);
      }
      writeFileSync(join(directory, file), lines.join(''));
    }
  });
}

test('an end cut off inside the trail is found', async (t) => {
  const { directory, head } = await smallTrail(t);
  const path = join(directory, segmentName(1));
  const bytes = readFileSync(path);
  const lastLine = bytes.lastIndexOf(10, bytes.length - 2) + 1;

  truncateSync(path, lastLine);
  const whole = await verifyTrail(directory, { anchor: head });
  assert.ok(!whole.ok);
  assert.deepEqual([whole.file, whole.kind], [segmentName(2), 'truncated']);

  writeFileSync(path, bytes.subarray(0, lastLine + 7));
  const torn = await verifyTrail(directory, { anchor: head });
  assert.ok(!torn.ok);
  assert.deepEqual([torn.file, torn.kind], [segmentName(1), 'torn']);

  rmSync(path);
  const gone = await verifyTrail(directory, { anchor: head });
  assert.ok(!gone.ok);
  assert.deepEqual([gone.file, gone.kind], [segmentName(1), 'removed']);
});

test('an end cut off at the very end is found with an anchor only', async (t) => {
  const { directory, head, files } = await smallTrail(t);
  const path = join(directory, files.at(-1) ?? '');
  truncateSync(path, readFileSync(path).lastIndexOf(10, readFileSync(path).length - 2) + 1);
  const blind = await verifyTrail(directory);
  assert.ok(blind.ok);
  assert.equal(blind.anchored, false);
  const verdict = await verifyTrail(directory, { anchor: head });
  assert.ok(!verdict.ok);
  assert.deepEqual([verdict.kind, verdict.seq], ['truncated', head.seq]);
});

test('a trail written anew is found with an anchor', async (t) => {
  const { head } = await smallTrail(t);
  const { directory } = await smallTrail(t);
  assert.ok((await verifyTrail(directory)).ok);
  const verdict = await verifyTrail(directory, { anchor: head });
  assert.ok(!verdict.ok);
  assert.match(verdict.message, /written anew/);
});

test('each hash is SHA-256 of the hash before and the JSON, from zero on and across files', async (t) => {
  const { directory, head, files } = await smallTrail(t);
  let previous = Buffer.alloc(32);
  for (const line of files.flatMap((file) => linesOf(join(directory, file)))) {
    const digest = createHash('sha256').update(previous).update(line.slice(65, -1)).digest();
    assert.equal(line.slice(0, 65), `${digest.toString('hex')} `);
    previous = digest;
  }
  assert.equal(previous.toString('hex'), head.hash);
});

test('a line changed together with its own hash is found at the next', async (t) => {
  const { directory, head } = await smallTrail(t);
  const path = join(directory, segmentName(2));
  const lines = linesOf(path);
  const json = lines[1]?.slice(65, -1).replace('GenerateDataKey', 'Decrypt') ?? '';
  const before = Buffer.from(lines[0]?.slice(0, 64) ?? '', 'hex');
  lines[1] = `${createHash('sha256').update(before).update(json).digest('hex')} ${json}\n`;
  writeFileSync(path, lines.join(''));
  const verdict = await verifyTrail(directory, { anchor: head });
  assert.ok(!verdict.ok);
  assert.deepEqual([verdict.file, verdict.line, verdict.kind], [segmentName(2), 3, 'edited']);
});

test('a change of the hash or of the space after it is found', async (t) => {
  const { directory, head } = await smallTrail(t);
  const path = join(directory, segmentName(1));
  const bytes = readFileSync(path);
  const start = bytes.indexOf(10) + 1;
  for (let at = start; at < start + 66; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = 0x61 ^ (bytes[at] === 0x61 ? 1 : 0);
    writeFileSync(path, changed);
    const verdict = await verifyTrail(directory, { anchor: head });
    assert.ok(!verdict.ok);
    assert.deepEqual([verdict.line, verdict.kind], [2, 'edited']);
  }
});
