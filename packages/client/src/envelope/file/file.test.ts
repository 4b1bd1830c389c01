import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { encryptBytes } from '../bytes.ts';
import { failsWith, flipped } from '../test-kit/damage.ts';
import { CMK, MemoryKms } from '../test-kit/memory-kms.ts';
import { decryptFile } from './decrypt-file.ts';
import { encryptFile } from './encrypt-file.ts';
import { inspectFile } from './inspect-file.ts';

const CHUNK = 4096;
const kms = new MemoryKms();
const write = { connect: kms.connect, cmks: [CMK], chunkLog2: 12, sync: false } as const;
const read = { connect: kms.connect, allow: [CMK], sync: false } as const;
const root = mkdtempSync(join(tmpdir(), 'keyhold-envelope-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Paths in a directory of their own. */
function place() {
  const directory = mkdtempSync(join(root, 'd'));
  const at = (name: string): string => join(directory, name);
  return {
    directory,
    at,
    plain: at('plain'),
    sealed: at('sealed'),
    opened: at('opened'),
    names: () => readdirSync(directory).sort(),
  };
}

/** Bytes in which no two chunks are alike. */
const content = (size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 512) bytes.writeUInt32LE(at, at);
  return bytes;
};

async function sealedFile(size: number) {
  const here = place();
  writeFileSync(here.plain, content(size));
  await encryptFile(here.plain, here.sealed, write);
  return here;
}

describe('files', () => {
  test('come back the same: sizes around chunks and around what is read at once', async () => {
    const run = 256 * 1024;
    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, run - 1, run, run + 1, 3 * run, 3 * run + CHUNK]) {
      const here = await sealedFile(size);
      assert.equal(inspectFile(here.sealed).plaintextBytes, size);
      await decryptFile(here.sealed, here.opened, { ...read, sync: true });
      assert.ok(readFileSync(here.opened).equals(content(size)), `${size} bytes`);
      assert.equal(lstatSync(here.opened).mode & 0o777, 0o600);
      assert.deepEqual(here.names(), ['opened', 'plain', 'sealed']);
    }
  });

  test('of all sizes are what buffers give, also with the largest chunks and the default ones', async () => {
    for (const chunkLog2 of [12, 16, 20, 24]) {
      const here = place();
      writeFileSync(here.plain, content(2 ** 20 + 7));
      await encryptFile(here.plain, here.sealed, { ...write, chunkLog2 });
      await decryptFile(here.sealed, here.opened, read);
      assert.ok(readFileSync(here.opened).equals(content(2 ** 20 + 7)));
    }
  });

  test('of many MiB go through threads, in order and out of order', async () => {
    const size = 8 * 2 ** 20 + 12_345;
    const here = place();
    writeFileSync(here.plain, content(size));
    const seen: number[] = [];
    const onProgress = ({ bytes, total }: { bytes: number; total: number }) => {
      assert.equal(total, size);
      seen.push(bytes);
    };
    await encryptFile(here.plain, here.sealed, { ...write, chunkLog2: 16, threads: 3, onProgress });
    assert.equal(seen.at(-1), size);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    const parts: Uint8Array[] = [];
    const sink = new WritableStream<Uint8Array>({ write: (bytes) => void parts.push(bytes) });
    await decryptFile(here.sealed, sink, { ...read, threads: 3 });
    assert.ok(Buffer.concat(parts).equals(content(size)), 'as a stream');
    const throughDescriptor = async (): Promise<Buffer> => {
      const fd = openSync(here.at('outlet'), 'w');
      try {
        writeSync(fd, 'before ');
        await decryptFile(here.sealed, fd, { ...read, threads: 3 });
        writeSync(fd, ' after');
      } finally {
        closeSync(fd);
      }
      return readFileSync(here.at('outlet'));
    };
    const around = Buffer.concat([Buffer.from('before '), content(size), Buffer.from(' after')]);
    assert.ok((await throughDescriptor()).equals(around), 'through a descriptor, from where it stood');
    const sealed = readFileSync(here.sealed);
    writeFileSync(here.sealed, flipped(sealed, 8 * (sealed.length - 2 ** 20)));
    await assert.rejects(throughDescriptor(), failsWith('DamagedChunk'));
    const got = readFileSync(here.at('outlet'));
    assert.ok(got.equals(around.subarray(0, got.length)) && got.length < size, 'the verified beginning');
    rmSync(here.at('outlet'));
    await assert.rejects(
      decryptFile(here.sealed, here.opened, { ...read, threads: 2 }),
      failsWith('DamagedChunk'),
    );
    assert.deepEqual(here.names(), ['plain', 'sealed']);
  });

  test('that are damaged leave no output and give a stream nothing that is not verified', async () => {
    const here = await sealedFile(300_000);
    const sealed = readFileSync(here.sealed);
    for (const changed of [
      sealed.subarray(0, -1),
      flipped(sealed, 8 * (sealed.length - 5)),
      Buffer.concat([sealed, sealed]),
    ]) {
      writeFileSync(here.sealed, changed);
      await assert.rejects(decryptFile(here.sealed, here.opened, read), failsWith('DamagedChunk'));
      assert.deepEqual(here.names(), ['plain', 'sealed']);
      const parts: Uint8Array[] = [];
      let aborted = false;
      const sink = new WritableStream<Uint8Array>({
        write: (bytes) => void parts.push(bytes),
        abort: () => {
          aborted = true;
        },
      });
      await assert.rejects(decryptFile(here.sealed, sink, read), failsWith('DamagedChunk'));
      const got = Buffer.concat(parts);
      assert.ok(aborted && got.equals(content(300_000).subarray(0, got.length)) && got.length % CHUNK === 0);
    }
  });

  test('without a right header cause no call of KMS', async () => {
    const here = await sealedFile(10);
    const before = kms.calls.length;
    for (const changed of [
      flipped(readFileSync(here.sealed), 8 * 80),
      Buffer.from('hello'),
      Buffer.alloc(0),
    ]) {
      writeFileSync(here.sealed, changed);
      await assert.rejects(
        decryptFile(here.sealed, here.opened, read),
        failsWith('InvalidHeader', 'NotAnEnvelope'),
      );
    }
    assert.equal(kms.calls.length, before);
  });

  test('are not replaced unless that is said', async () => {
    const here = await sealedFile(10);
    const before = readFileSync(here.sealed);
    await assert.rejects(encryptFile(here.plain, here.sealed, write), failsWith('OutputExists'));
    assert.ok(readFileSync(here.sealed).equals(before));
    await encryptFile(here.plain, here.sealed, { ...write, overwrite: true });
    assert.ok(!readFileSync(here.sealed).equals(before));
    assert.deepEqual(here.names(), ['plain', 'sealed']);
  });

  test('are never their own output, also through links', async () => {
    const here = await sealedFile(10);
    symlinkSync(here.plain, here.at('soft'));
    linkSync(here.plain, here.at('hard'));
    for (const [from, to] of [
      ['plain', 'plain'],
      ['plain', 'soft'],
      ['plain', 'hard'],
      ['soft', 'plain'],
    ] as const) {
      await assert.rejects(
        encryptFile(here.at(from), here.at(to), { ...write, overwrite: true }),
        failsWith('SameFile'),
      );
    }
    assert.ok(readFileSync(here.plain).equals(content(10)));
  });

  test('nor are they through a descriptor, wherever it stands', async () => {
    const here = await sealedFile(300_000);
    for (const [name, transform] of [
      ['plain', (fd: number) => encryptFile(here.plain, fd, write)],
      ['sealed', (fd: number) => decryptFile(here.sealed, fd, read)],
    ] as const) {
      const before = readFileSync(here.at(name));
      for (const flags of ['a', 'r+']) {
        const fd = openSync(here.at(name), flags);
        await assert.rejects(transform(fd), failsWith('SameFile'));
        closeSync(fd);
        assert.ok(readFileSync(here.at(name)).equals(before), `${name} ${flags}`);
      }
    }
  });

  test('behind a symbolic link are replaced, the link stays; a link to nowhere, a directory and a pipe are refused', async () => {
    const here = await sealedFile(10);
    writeFileSync(here.at('target'), 'old');
    symlinkSync(here.at('target'), here.at('link'));
    await encryptFile(here.plain, here.at('link'), { ...write, overwrite: true });
    assert.ok(lstatSync(here.at('link')).isSymbolicLink());
    assert.ok(inspectFile(here.at('target')).plaintextBytes === 10);
    symlinkSync(here.at('nowhere'), here.at('dangling'));
    mkdirSync(here.at('directory'));
    for (const name of ['dangling', 'directory']) {
      await assert.rejects(
        encryptFile(here.plain, here.at(name), { ...write, overwrite: true }),
        failsWith('NotAFile'),
      );
    }
    assert.equal(spawnSync('mkfifo', [here.at('pipe')]).status, 0);
    await assert.rejects(encryptFile(here.at('pipe'), here.at('x'), write), failsWith('NotAFile'));
    await assert.rejects(encryptFile(here.directory, here.at('x'), write), failsWith('NotAFile'));
  });

  test('cannot be made where no file can be: the error names the directory, not the temporary file', async () => {
    const here = await sealedFile(1);
    const into = (directory: string) => decryptFile(here.sealed, join(directory, 'x'), read);
    await assert.rejects(into(here.at('nowhere')), {
      message: `cannot write in ${here.at('nowhere')} (it is not there)`,
      code: 'ENOENT',
    });
    if (process.platform !== 'linux') return;
    await assert.rejects(into('/sys'), { message: /^cannot write in \/sys \((read-only|not permitted)\)$/ });
  });

  test('that change while they are read are noticed, and nothing stays', async () => {
    const changes: ((path: string) => void)[] = [
      (path) => appendFileSync(path, 'more'),
      (path) => truncateSync(path, 5),
      (path) => utimesSync(path, 1, 1),
    ];
    for (const change of changes) {
      const here = place();
      writeFileSync(here.plain, content(400_000));
      const slow = new MemoryKms();
      slow.gate = new Promise((resolve) =>
        setImmediate(() => {
          change(here.plain);
          resolve();
        }),
      );
      await assert.rejects(
        encryptFile(here.plain, here.sealed, { ...write, connect: slow.connect }),
        failsWith('FileChanged'),
      );
      assert.deepEqual(here.names(), ['plain']);
    }
  });

  test('are not left behind by an abort, at once, during the work, or with a stream that hangs', async () => {
    const here = place();
    writeFileSync(here.plain, content(80 * 2 ** 20));
    const reason = new Error('enough');
    await assert.rejects(
      encryptFile(here.plain, here.sealed, { ...write, signal: AbortSignal.abort(reason) }),
      reason,
    );
    for (const chunkLog2 of [16, 24]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 15);
      const options = { ...write, chunkLog2, threads: chunkLog2 === 24 ? 1 : 2, signal: controller.signal };
      await assert.rejects(encryptFile(here.plain, here.sealed, options), reason);
    }
    const controller = new AbortController();
    const hangs = new WritableStream<Uint8Array>({
      write: () => new Promise(() => setTimeout(() => controller.abort(reason), 5)),
    });
    await assert.rejects(encryptFile(here.plain, hangs, { ...write, signal: controller.signal }), reason);
    assert.deepEqual(here.names(), ['plain']);
  });

  test('are not left behind by what KMS refuses', async () => {
    const here = place();
    writeFileSync(here.plain, 'x');
    const failing = new MemoryKms();
    failing.failure = new Error('no such key');
    await assert.rejects(
      encryptFile(here.plain, here.sealed, { ...write, connect: failing.connect }),
      failing.failure,
    );
    assert.deepEqual(here.names(), ['plain']);
  });

  test('with holes are read like others', async () => {
    const here = place();
    writeFileSync(here.plain, 'start');
    truncateSync(here.plain, 3_000_000);
    await encryptFile(here.plain, here.sealed, write);
    await decryptFile(here.sealed, here.opened, read);
    assert.ok(readFileSync(here.opened).equals(readFileSync(here.plain)));
  });

  test('read by a buffer are the same', async () => {
    const here = place();
    writeFileSync(here.sealed, await encryptBytes(content(9000), write));
    await decryptFile(here.sealed, here.opened, read);
    assert.ok(readFileSync(here.opened).equals(content(9000)));
  });
});

describe('a signal', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} ends the process and leaves no temporary file`, async () => {
      const here = place();
      writeFileSync(here.plain, 'x');
      // KMS never answers: the temporary file is there, and the process waits.
      const program = `
        import { encryptFile } from ${JSON.stringify(new URL('./encrypt-file.ts', import.meta.url).href)};
        setInterval(() => {}, 1000);
        const never = { GenerateDataKey: () => { process.stdout.write('waiting'); return new Promise(() => {}); } };
        await encryptFile(${JSON.stringify(here.plain)}, ${JSON.stringify(here.sealed)}, { connect: () => never, cmks: [${JSON.stringify(CMK)}] });`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      assert.equal(here.names().length, 2, 'there is something to remove');
      child.kill(signal);
      const [, endedBy] = await once(child, 'exit');
      assert.equal(endedBy, signal);
      assert.deepEqual(here.names(), ['plain']);
    });
  }
});
