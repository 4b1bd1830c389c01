import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { softHsmLibrary } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';

const run = promisify(execFile);
const KEYHOLD = fileURLToPath(new URL('../../packages/cli/bin/keyhold.js', import.meta.url));

/** `npx keyhold`, of this checkout; the server goes on behind, until the script ends. */
const PRELUDE = `
npx() {
  shift
  if [ "$1" != serve ]; then "${process.execPath}" "${KEYHOLD}" "$@"; return; fi
  "${process.execPath}" "${KEYHOLD}" serve > serve.log 2>&1 &
  trap "kill $! && wait $!" EXIT
  until grep -q 'listens on' serve.log; do kill -0 $! && sleep 0.1; done
  export KEYHOLD_ENDPOINT="$(sed -n 's/.*listens on \\([^ ]*\\).*/\\1/p' serve.log)"
}
`;

test('the commands of docs/hsm.md do what the page says', async () => {
  const library = softHsmLibrary();
  const page = await readFile(new URL('../../docs/hsm.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([^`]*)```/g)].map(([, block = '']) => block);
  assert.equal(blocks.length, 4);
  const script = blocks.join('\n').replace('/usr/lib/softhsm/libsofthsm2.so', library);
  const directory = await mkdtemp(join(tmpdir(), 'keyhold-hsm-guide-'));
  try {
    const asked = 'npx keyhold call DescribeKey --KeyId "$OWN"';
    const { stdout } = await run('sh', ['-euc', `${PRELUDE}\n${script}\n${asked}`], {
      cwd: directory,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        HOME: directory,
        KEYHOLD_LISTEN: '127.0.0.1:0',
      },
    });
    const dataKey = JSON.parse(await readFile(join(directory, 'data-key.json'), 'utf8'));
    assert.ok(stdout.includes(dataKey.Plaintext), 'it was decrypted');
    assert.match(stdout, /"ProtectionLevel": *"HSM"/);
    assert.match(stdout, /"KeyState": *"Enabled"/);
    const log = await readFile(join(directory, 'serve.log'), 'utf8');
    assert.match(log, /keys of ProtectionLevel HSM are in the token \\?"keyhold/);
    assert.ok(existsSync(join(directory, 'hsm', 'tokens')));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
