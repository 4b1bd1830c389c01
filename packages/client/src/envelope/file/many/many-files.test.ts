import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { EnvelopeError } from '../../envelope-error.ts';
import { DataKeyCache } from '../../keys/data-key-cache.ts';
import { flipped } from '../../test-kit/damage.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../../test-kit/memory-kms.ts';
import { sidePath } from '../envelope-file.ts';
import { inspectFile } from '../inspect-file.ts';
import { decryptFiles } from './decrypt-files.ts';
import { encryptFiles } from './encrypt-files.ts';

const root = mkdtempSync(join(tmpdir(), 'keyhold-many-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** 150 small files, one at the border of what is small, and a larger one. */
function place() {
  const directory = mkdtempSync(join(root, 'd'));
  for (const name of ['plain', 'sealed', 'opened']) mkdirSync(join(directory, name));
  const sizes = [...Array.from({ length: 150 }, (_, i) => i * 37), 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1];
  for (const [i, size] of sizes.entries())
    writeFileSync(join(directory, 'plain', `f${i}`), Buffer.alloc(size, i));
  const pairs = (from: string, to: string) =>
    sizes.map((_, i) => ({ from: join(directory, from, `f${i}`), to: join(directory, to, `f${i}`) }));
  return { directory, pairs, names: (folder: string) => readdirSync(join(directory, folder)) };
}

describe('many files', () => {
  test('come back the same, for one call of KMS each way', async () => {
    const { pairs, names } = place();
    const kms = new MemoryKms();
    const progress: number[] = [];
    const onProgress = ({ files, total }: { files: number; total: number }) => {
      assert.equal(total, 153);
      progress.push(files);
    };
    const write = { connect: kms.connect, cmks: [CMK, OTHER_CMK], context: { a: 'b' }, sync: false };
    assert.deepEqual(await encryptFiles(pairs('plain', 'sealed'), { ...write, onProgress }), []);
    assert.equal(progress.at(-1), 153);
    assert.deepEqual(
      kms.calls.map(({ action }) => action),
      ['GenerateDataKey', 'Encrypt'],
    );
    assert.deepEqual(
      await decryptFiles(pairs('sealed', 'opened'), { connect: kms.connect, allow: [OTHER_CMK] }),
      [],
    );
    assert.deepEqual(kms.calls.slice(2), [{ action: 'Decrypt', KeyId: 'key-two' }]);
    for (const { from, to } of pairs('plain', 'opened'))
      assert.ok(readFileSync(to).equals(readFileSync(from)), to);
    for (const folder of ['sealed', 'opened']) assert.equal(names(folder).length, 153, 'and nothing else');
  });

  test('that are large are told of one by one, and in parts', async () => {
    const directory = mkdtempSync(join(root, 'd'));
    const kms = new MemoryKms();
    const pair = (from: string, to: string) =>
      ['a', 'b'].map((name) => ({ from: join(directory, name + from), to: join(directory, name + to) }));
    for (const { from } of pair('', '')) writeFileSync(from, Buffer.alloc(2 ** 20));
    const told: number[] = [];
    const onProgress = ({ files }: { files: number }) => void told.push(files);
    const both = { connect: kms.connect, sync: false, threads: 0, onProgress };
    await encryptFiles(pair('', '.kenv'), { ...both, cmks: [CMK] });
    await decryptFiles(pair('.kenv', '.back'), { ...both, allow: [CMK] });
    for (const count of [0, 1, 2]) assert.ok(told.filter((each) => each === count).length >= 2, `${told}`);
  });

  test('share a data key within the limits of the cache', async () => {
    const { pairs } = place();
    const kms = new MemoryKms();
    using cache = new DataKeyCache({ maxMessages: 5 });
    await encryptFiles(pairs('plain', 'sealed'), { connect: kms.connect, cmks: [CMK], sync: false, cache });
    assert.ok(kms.calls.length >= 153 / 5, `${kms.calls.length} data keys`);
  });

  test('fail one by one: what is damaged, not allowed, missing or there already does not stop the others', async () => {
    const { pairs, names } = place();
    const kms = new MemoryKms();
    await encryptFiles(pairs('plain', 'sealed'), { connect: kms.connect, cmks: [CMK], sync: false });
    const files = pairs('sealed', 'opened');
    const [first, second, third, fourth, fifth] = files;
    assert.ok(first && second && third && fourth && fifth);
    const last = readFileSync(first.from);
    last[last.length - 1] = (last.at(-1) ?? 0) ^ 1;
    writeFileSync(first.from, last);
    rmSync(second.from);
    writeFileSync(third.to, 'here');
    writeFileSync(fourth.from, 'no envelope');
    await encryptFiles([{ from: first.from.replace('sealed', 'plain'), to: fifth.from }], {
      connect: kms.connect,
      cmks: [OTHER_CMK],
      overwrite: true,
    });
    const failures = await decryptFiles(files, { connect: kms.connect, allow: [CMK], sync: false });
    const codes = new Map(
      failures.map(({ from, error }) => [
        from,
        error instanceof Error && 'code' in error ? error.code : error,
      ]),
    );
    assert.deepEqual(
      [first, second, third, fourth, fifth].map(({ from }) => codes.get(from)),
      ['DamagedChunk', 'ENOENT', 'OutputExists', 'NotAnEnvelope', 'NoUsableRecipient'],
    );
    assert.equal(failures.length, 5);
    assert.ok(
      failures[0]?.error instanceof EnvelopeError ||
        failures.some(({ error }) => error instanceof EnvelopeError),
    );
    assert.equal(names('opened').length, 149);
    assert.equal(readFileSync(third.to, 'utf8'), 'here');
  });

  test('replace what single files would replace: never the input, and behind a link what it points to', async () => {
    const { directory, pairs, names } = place();
    const kms = new MemoryKms();
    const write = { connect: kms.connect, cmks: [CMK], sync: false, overwrite: true };
    const ofThemselves = await encryptFiles(pairs('plain', 'plain'), write);
    assert.deepEqual(
      ofThemselves.map(({ error }) => error instanceof EnvelopeError && error.code),
      Array.from({ length: 153 }, () => 'SameFile'),
    );
    mkdirSync(join(directory, 'elsewhere'));
    const target = join(directory, 'elsewhere', 'target');
    writeFileSync(target, 'old');
    const files = pairs('plain', 'sealed');
    const [linked] = files;
    assert.ok(linked);
    symlinkSync(target, linked.to);
    assert.deepEqual(await encryptFiles(files, write), []);
    assert.ok(lstatSync(linked.to).isSymbolicLink());
    assert.equal(inspectFile(target).plaintextBytes, 0);
    assert.deepEqual(await encryptFiles(files, write), [], 'and again');
    assert.deepEqual([names('sealed').length, names('elsewhere')], [153, ['target']]);
  });

  test('open by the header of a rewrap that was interrupted, as single files do', async () => {
    const { pairs } = place();
    const kms = new MemoryKms();
    await encryptFiles(pairs('plain', 'sealed'), { connect: kms.connect, cmks: [CMK], sync: false });
    const files = pairs('sealed', 'opened');
    const [torn] = files;
    assert.ok(torn);
    const whole = readFileSync(torn.from);
    writeFileSync(sidePath(torn.from), whole);
    writeFileSync(torn.from, flipped(whole, 8 * 100));
    assert.deepEqual(await decryptFiles(files, { connect: kms.connect, allow: [CMK], sync: false }), []);
    assert.deepEqual(readFileSync(torn.to), Buffer.alloc(0));
  });

  test('stop at an abort with nothing half done, and where KMS refuses', async () => {
    const { pairs, names } = place();
    const kms = new MemoryKms();
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborting = encryptFiles(pairs('plain', 'sealed'), {
      connect: kms.connect,
      cmks: [CMK],
      sync: false,
      threads: 0,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await assert.rejects(aborting, reason);
    assert.equal(names('sealed').length, 16);
    kms.failure = new Error('down');
    await assert.rejects(
      encryptFiles(pairs('plain', 'opened'), { connect: kms.connect, cmks: [CMK] }),
      kms.failure,
    );
    assert.equal(names('opened').length, 0);
  });
});
