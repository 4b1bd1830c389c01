import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../temporary-directory.ts';

const PROCESS = new URL('./canary-process.ts', import.meta.url).pathname;
const skip = process.platform === 'linux' ? false : 'reads the memory of a process as Linux shows it';

/** Where the data key is found in a process that has encrypted and decrypted with it. */
async function found(keep = ''): Promise<string[]> {
  await using directory = await temporaryDirectory();
  const child = spawn(process.execPath, ['--expose-gc', PROCESS, directory.path, keep], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [masked] = await once(child.stdout, 'data');
    const key = Buffer.from(String(masked), 'hex').map((byte) => byte ^ 0x5a);
    const snapshot = readFileSync(join(directory.path, 'heap'), 'utf8');
    const inSnapshot = (['base64', 'hex'] as const).filter((encoding) =>
      snapshot.includes(Buffer.from(key).toString(encoding)),
    );
    // By halves: the allocator writes over the beginning of what is freed.
    const halves = [Buffer.from(key.subarray(0, 16)), Buffer.from(key.subarray(16))];
    const inMemory = memoryHas(child.pid ?? 0, halves) ? ['bytes'] : [];
    return [...inSnapshot, ...inMemory];
  } finally {
    child.stdin.write('end');
    await once(child, 'exit');
  }
}

/** Everything that the process can write to. */
function memoryHas(pid: number, needles: readonly Buffer[]): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from && to && regionHas(memory, BigInt(`0x${from}`), BigInt(`0x${to}`), needles)) return true;
    }
    return false;
  } finally {
    closeSync(memory);
  }
}

const PIECE = 4 * 2 ** 20;

function regionHas(memory: number, from: bigint, to: bigint, needles: readonly Buffer[]): boolean {
  const buffer = Buffer.alloc(PIECE);
  for (let at = from; at < to; at += BigInt(PIECE - 32)) {
    const length = Number(to - at < BigInt(PIECE) ? to - at : BigInt(PIECE));
    try {
      const read = readSync(memory, buffer, 0, length, at);
      if (needles.some((needle) => buffer.subarray(0, read).includes(needle))) return true;
    } catch {
      return false; // a mapping that cannot be read, such as that of a device
    }
  }
  return false;
}

test('after encryption and decryption the data key is in no heap snapshot and nowhere in memory as bytes', {
  skip,
}, async () => {
  assert.deepEqual(await found(), []);
});

test('this test would find a key that is kept, as bytes or as text', { skip }, async () => {
  assert.ok((await found('bytes')).includes('bytes'));
  assert.ok((await found('text')).includes('base64'));
});
