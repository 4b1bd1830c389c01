import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../server.ts';
import { type ServingProcess, serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { assertRefusal, exchange, open } from './raw-http.ts';
import { post, signAcs3, signRpc } from './signed.ts';

const MEBIBYTE = 1 << 20;
/** Bodies in flight may take 64 MiB; the rest is for copies, buffers of sockets, and garbage. */
const MOST_GROWTH = 256 * MEBIBYTE;
const STRANGER = { accessKeyId: ROOT.accessKeyId, accessKeySecret: 'not the secret' };

async function residentBytes({ pid }: ServingProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
}

/** The most memory the server had while the work was done, beyond what it had before. */
async function growthDuring(server: ServingProcess, work: () => Promise<unknown>): Promise<number> {
  const before = await residentBytes(server);
  let most = before;
  const timer = setInterval(async () => {
    most = Math.max(most, await residentBytes(server));
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, await residentBytes(server)) - before;
}

const many = (count: number, work: (index: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

const head = (headers: string): string => `POST /?Action=Encrypt HTTP/1.1\r\nHost: k\r\n${headers}\r\n\r\n`;

/** Sends until the other side closes or takes no more for a while. */
async function push(socket: Socket, bytes: Uint8Array, times: number): Promise<void> {
  for (let sent = 0; sent < times && socket.writable; sent++) {
    if (!socket.write(bytes)) {
      await Promise.race([
        new Promise((resolve) => socket.once('drain', resolve).once('close', resolve)),
        sleep(300),
      ]);
    }
  }
}

suite('a flood of strangers', { timeout: 60_000 }, () => {
  for (const [what, flood] of [
    [
      'unsigned requests',
      (url: string) =>
        many(50, async () => {
          for (let call = 0; call < 30; call++) await fetch(`${url}/?Action=ListKeys`, { method: 'POST' });
        }),
    ],
    [
      'wrongly signed requests in both styles',
      (url: string) =>
        many(50, async (index) => {
          const sign = index % 2 ? signRpc : signAcs3;
          for (let call = 0; call < 30; call++) {
            const answer = await post(url, sign('Encrypt', { Plaintext: 'x'.repeat(6000) }, STRANGER));
            assert.equal(assertRefusal(answer, 'wrongly signed'), 'SignatureDoesNotMatch');
          }
        }),
    ],
    [
      'large bodies that never end',
      async (url: string) => {
        const sockets = await many(60, () => open(url)).then((all) => all as Socket[]);
        const part = new Uint8Array(MEBIBYTE);
        await many(sockets.length, async (index) => {
          const socket = sockets[index] as Socket;
          socket.on('error', () => undefined).resume();
          socket.write(head(`Content-Length: ${10 * MEBIBYTE}`));
          await push(socket, part, 9);
        });
        for (const socket of sockets) socket.destroy();
      },
    ],
    [
      'large bodies in chunks of one byte',
      async (url: string) => {
        const sockets = (await many(8, () => open(url))) as Socket[];
        const part = Buffer.from('1\r\nx\r\n'.repeat(20_000));
        await many(sockets.length, async (index) => {
          const socket = sockets[index] as Socket;
          socket.on('error', () => undefined).resume();
          socket.write(head('Transfer-Encoding: chunked'));
          await push(socket, part, 40);
        });
        for (const socket of sockets) socket.destroy();
      },
    ],
    [
      'large forms, wrongly signed, whose answers nobody reads',
      async (url: string) => {
        const [path = '', form = ''] = signRpc('Encrypt', {}, STRANGER).target.slice(1).split('?');
        const body = Buffer.concat([
          Buffer.from(`${path}${form}&Plaintext=`),
          Buffer.alloc(9 * MEBIBYTE, 'é'),
        ]);
        const type = 'Content-Type: application/x-www-form-urlencoded';
        const sockets: Socket[] = [];
        for (let count = 0; count < 12; count++) {
          const socket = await open(url);
          socket.on('error', () => undefined).pause();
          socket.write(head(`${type}\r\nContent-Length: ${body.length}`).replace('?Action=Encrypt', ''));
          await new Promise((resolve) => socket.write(body, resolve));
          sockets.push(socket);
        }
        await fetch(url, { method: 'POST' });
        for (const socket of sockets) socket.destroy();
      },
    ],
  ] as const) {
    test(`${what} do not fill the memory, and signed calls work afterwards`, async (context) => {
      await using directory = await temporaryDirectory();
      await using server = await serve(directory.path);
      const { KeyId } = (await server.call('CreateKey')).body.KeyMetadata;
      await many(20, () => fetch(server.url, { method: 'POST' }));
      const growth = await growthDuring(server, () => flood(server.url));
      context.diagnostic(`${what}: at most ${Math.round(growth / MEBIBYTE)} MiB more`);
      assert.ok(growth < MOST_GROWTH, `${Math.round(growth / MEBIBYTE)} MiB more`);
      assert.equal((await server.call('GenerateDataKey', { KeyId })).status, 200);
      assert.doesNotMatch(
        server.stderr(),
        /\n\s+at |"level":(50|60)/,
        'strangers do not fill the log either',
      );
    });
  }

  test('bodies that were cut off are no longer counted', async () => {
    await using directory = await temporaryDirectory();
    await using server = await serve(directory.path);
    const part = new Uint8Array(8 * MEBIBYTE);
    for (let round = 0; round < 4; round++) {
      await many(6, async () => {
        const socket = await open(server.url);
        socket.on('error', () => undefined);
        socket.write(head(`Content-Length: ${part.length + 1}`));
        await new Promise((resolve) => socket.write(part, resolve));
        socket.destroy();
      });
    }
    const whole = [head(`Content-Length: ${part.length}`), part];
    const code = assertRefusal(await exchange(server.url, whole), 'a large body');
    assert.equal(code, 'MissingVersion');
  });
});
