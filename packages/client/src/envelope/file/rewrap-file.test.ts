import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { encryptBytes } from '../bytes.ts';
import { EnvelopeError } from '../envelope-error.ts';
import type { RecipientChanges } from '../keys/change-recipients.ts';
import type { ReadOptions } from '../keys/open-envelope.ts';
import { readRecoveryPrivateKey, readRecoveryPublicKey } from '../keys/recovery.ts';
import { failsWith } from '../test-kit/damage.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../test-kit/memory-kms.ts';
import { decryptFile } from './decrypt-file.ts';
import { decryptRange } from './decrypt-range.ts';
import { sidePath } from './envelope-file.ts';
import { inspectFile } from './inspect-file.ts';
import { rewrapFile } from './rewrap-file.ts';

const kms = new MemoryKms();
const read: ReadOptions = { connect: kms.connect, allow: [CMK] };
const readOther: ReadOptions = { connect: kms.connect, allow: [OTHER_CMK] };
const root = mkdtempSync(join(tmpdir(), 'keyhold-rewrap-'));
after(() => rmSync(root, { recursive: true, force: true }));

const PLAINTEXT = new Uint8Array(1_100_000).fill(5);
let count = 0;

/** 1 MiB and more is padded, less is not. */
async function file(size = PLAINTEXT.length): Promise<string> {
  const path = join(root, `file-${count++}`);
  const plaintext = PLAINTEXT.subarray(0, size);
  writeFileSync(path, await encryptBytes(plaintext, { connect: kms.connect, cmks: [CMK] }));
  return path;
}

async function opens(path: string, options: ReadOptions): Promise<boolean> {
  const out = join(root, 'opened');
  try {
    await decryptFile(path, out, { ...options, overwrite: true, sync: false });
  } catch (error) {
    return failsWith('NoUsableRecipient')(error) && false;
  }
  const plaintext = readFileSync(out);
  assert.ok(plaintext.equals(PLAINTEXT.subarray(0, plaintext.length)));
  return true;
}

const cmksOf = (path: string): string[] =>
  inspectFile(path).recipients.flatMap((recipient) => (recipient.kind === 'cmk' ? [recipient.cmk] : []));

describe('rewrap', () => {
  test('adds and removes recipients in place: the chunks keep their bytes, the file its length', async () => {
    const path = await file();
    const before = readFileSync(path);
    const added = await rewrapFile(path, { add: { cmks: [OTHER_CMK] } }, read);
    assert.ok(added.inPlace);
    assert.deepEqual(cmksOf(path), [CMK, OTHER_CMK]);
    assert.ok((await opens(path, read)) && (await opens(path, readOther)));
    await rewrapFile(path, { remove: [CMK] }, readOther);
    assert.deepEqual(cmksOf(path), [OTHER_CMK]);
    assert.ok(!(await opens(path, read)) && (await opens(path, readOther)));
    const now = readFileSync(path);
    assert.equal(now.length, before.length);
    assert.ok(now.subarray(4096).equals(before.subarray(4096)));
    assert.ok(!existsSync(sidePath(path)));
  });

  test('writes a new file where the header does not fit, with mode and owner of the old one', async () => {
    const path = await file(1000);
    if (process.getuid?.() === 0) chownSync(path, 1234, 1235);
    const { mode, ino, uid, gid } = statSync(path);
    const added = await rewrapFile(path, { add: { cmks: [OTHER_CMK] } }, read);
    assert.ok(!added.inPlace && added.plaintextBytes === 1000 && added.headerBytes === 4096);
    const now = statSync(path);
    assert.deepEqual([now.mode, now.uid, now.gid], [mode, uid, gid]);
    assert.notEqual(statSync(path).ino, ino);
    assert.ok((await opens(path, read)) && (await opens(path, readOther)));
    assert.ok((await rewrapFile(path, { renew: true }, readOther)).inPlace, 'now there is room');
  });

  test('renews what KMS encrypted', async () => {
    const path = await file();
    const before = readFileSync(path).subarray(0, 4096);
    await rewrapFile(path, { renew: true }, read);
    assert.ok(!readFileSync(path).subarray(0, 4096).equals(before));
    assert.deepEqual(cmksOf(path), [CMK]);
    assert.ok(await opens(path, read));
  });

  test('adds a recovery key, which opens the file without KMS', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const publicKey = readRecoveryPublicKey(
      pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    );
    const pem = pair.privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'word' })
      .toString();
    const recoveryKey = readRecoveryPrivateKey(pem, 'word');
    const path = await file();
    await rewrapFile(path, { add: { recoveryKeys: [publicKey] } }, read);
    assert.ok(await opens(path, { recoveryKey }));
    const fingerprint = inspectFile(path).recipients.flatMap((one) =>
      one.kind === 'recovery' ? [one.fingerprint] : [],
    );
    await rewrapFile(
      path,
      { add: { cmks: [OTHER_CMK] }, remove: [CMK] },
      { recoveryKey, connect: kms.connect },
    );
    assert.ok(await opens(path, readOther));
    await rewrapFile(path, { remove: fingerprint }, readOther);
    assert.ok(!(await opens(path, { recoveryKey })));
    assert.throws(() => readRecoveryPrivateKey(pem, 'wrong'), failsWith('InvalidRecipient'));
    assert.throws(() => readRecoveryPublicKey('no key'), failsWith('InvalidRecipient'));
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    assert.throws(
      () => readRecoveryPublicKey(small.export({ type: 'spki', format: 'pem' }).toString()),
      failsWith('InvalidRecipient'),
    );
  });

  test('refuses what would leave nobody, whom it does not know, and who has no key; the file stays', async () => {
    const path = await file();
    const before = readFileSync(path);
    const refused: [RecipientChanges, ReadOptions, Parameters<typeof failsWith>[0]][] = [
      [{ remove: [CMK] }, read, 'InvalidRecipient'],
      [{ remove: [OTHER_CMK] }, read, 'InvalidRecipient'],
      [{ add: { cmks: ['alias/x'] } }, read, 'InvalidRecipient'],
      [{ renew: true }, readOther, 'NoUsableRecipient'],
    ];
    for (const [changes, options, code] of refused) {
      await assert.rejects(rewrapFile(path, changes, options), failsWith(code));
      assert.ok(readFileSync(path).equals(before) && !existsSync(sidePath(path)));
    }
  });
});

describe('a rewrap that a crash interrupted', async () => {
  const path = await file();
  const old = readFileSync(path);
  await rewrapFile(path, { add: { cmks: [OTHER_CMK] }, remove: [CMK] }, read);
  const changed = readFileSync(path);
  const header = changed.subarray(0, 4096);
  /** The header was written up to here. */
  const torn = (at: number): Buffer => Buffer.concat([changed.subarray(0, at), old.subarray(at)]);

  const states: [name: string, file: Buffer, side: Buffer][] = [
    ...[0, 1, 80, 2000, 4095].map((length): [string, Buffer, Buffer] => [
      `side file of ${length} bytes`,
      old,
      header.subarray(0, length),
    ]),
    ['side file of zeros', old, Buffer.alloc(4096)],
    ['side file whole', old, header],
    ...[77, 84, 90, 100, 150, 200, 250, 300, 512, 4080].map((at): [string, Buffer, Buffer] => [
      `file torn at ${at}`,
      torn(at),
      header,
    ]),
    ['file whole', changed, header],
    ['side file of another file', old, readFileSync(await file()).subarray(0, 4096)],
  ];
  const both = { connect: kms.connect, allow: [CMK, OTHER_CMK] };

  for (const [name, bytes, side] of states) {
    test(`${name}: the file opens, and the next rewrap settles it`, async () => {
      const path = join(root, `crash-${count++}`);
      writeFileSync(path, bytes);
      writeFileSync(sidePath(path), side);
      assert.ok(await opens(path, both));
      assert.ok(readFileSync(path).equals(bytes), 'reading repairs nothing');
      const end = await buffer(decryptRange(path, { start: -3 }, both));
      assert.deepEqual(end, Buffer.from([5, 5, 5]));
      await rewrapFile(path, { renew: true }, both);
      assert.ok(!existsSync(sidePath(path)));
      assert.ok(await opens(path, both));
    });
  }

  test('inspection tells the recipients, by the header of the side file where that of the file is none', async () => {
    const path = join(root, `crash-${count++}`);
    const noHeader = Buffer.from(torn(84));
    noHeader.fill(0xff, 84, 4096);
    writeFileSync(path, noHeader);
    assert.throws(() => inspectFile(path), EnvelopeError);
    writeFileSync(sidePath(path), header);
    assert.deepEqual([cmksOf(path), inspectFile(path).interruptedRewrap], [[OTHER_CMK], true]);
  });

  test('by a link to the file: the side file is beside the file, and serves by either name', async () => {
    const folder = join(root, 'links');
    mkdirSync(folder);
    const path = join(root, `crash-${count++}`);
    const link = join(folder, 'link');
    writeFileSync(path, torn(150));
    symlinkSync(path, link);
    assert.equal(sidePath(link), sidePath(path));
    writeFileSync(sidePath(link), header);
    assert.ok((await opens(path, both)) && (await opens(link, both)));
    await rewrapFile(link, { renew: true }, both);
    assert.ok(!existsSync(sidePath(path)));
    assert.ok(await opens(path, both));
  });

  test('what is no header serves for none, whatever it is: a directory, or a file of gigabytes', async () => {
    const path = join(root, `crash-${count++}`);
    writeFileSync(path, torn(150));
    const fails = () => assert.rejects(decryptFile(path, join(root, 'none'), both), EnvelopeError);
    mkdirSync(sidePath(path));
    await fails();
    rmSync(sidePath(path), { recursive: true });
    writeFileSync(sidePath(path), '');
    truncateSync(sidePath(path), 3 * 2 ** 30);
    await fails();
  });
});
