import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, inspect } from 'node:util';
import { pino } from 'pino';
import { SecretBytes } from './secret-bytes.ts';

const WORDS = 'correct horse';
const secretOf = (text: string) => new SecretBytes(Buffer.from(text));

/** In every spelling bytes come out in: text, hex, Base64, a list of numbers. */
function assertSilent(printed: string, how: string): void {
  const bytes = Buffer.from(WORDS);
  const spellings = [WORDS, bytes.toString('hex'), bytes.toString('base64'), '99,111', '99, 111', '63 6f'];
  for (const spelling of spellings) assert.ok(!printed.includes(spelling), `${how}: ${printed}`);
}

test('prints nothing anywhere', () => {
  const secret = secretOf(WORDS);
  const holder = { name: 'holder', secret, list: [secret], map: new Map([['secret', secret]]) };
  const printed: Readonly<Record<string, string>> = {
    String: String(secret),
    template: `${secret}`,
    sum: `a${''}` + secret,
    inspect: inspect(secret),
    'inspect with hidden members': inspect(secret, { showHidden: true, depth: 9, showProxy: true }),
    'inspect without the custom way': inspect(secret, { customInspect: false, showHidden: true }),
    'inspect of a holder': inspect(holder, { depth: 9, showHidden: true }),
    'format %s %o %j': format('%s %o', secret, secret),
    keys: Object.keys(secret).join() + JSON.stringify(Object.entries(secret)),
    spread: inspect({ ...secret }),
    clone: inspect(structuredClone(secret)),
    error: inspect(new Error(`failed with ${secret}`, { cause: secret })),
  };
  for (const [how, text] of Object.entries(printed)) assertSilent(text, how);
  assert.equal(String(secret), '[secret]');
  assert.equal(inspect(secret), '[secret]');
});

test('refuses JSON, also inside something else', () => {
  const secret = secretOf(WORDS);
  for (const value of [secret, { secret }, [[secret]]]) {
    assert.throws(() => JSON.stringify(value), TypeError);
  }
});

test('a logger that is given one writes none of it', () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  log.info({ secret: secretOf(WORDS), err: new Error('failed', { cause: secretOf(WORDS) }) }, 'here');
  assert.match(lines.join(), /here/);
  assertSilent(lines.join(), 'pino');
});

test('opens to the very bytes it was given, and wipes them', () => {
  const bytes = Buffer.from(WORDS);
  const secret = new SecretBytes(bytes);
  assert.equal(secret.open(), bytes);
  secret.wipe();
  assert.deepEqual([...bytes], new Array(WORDS.length).fill(0));
  assert.equal(secret.open().length, 0);
  secret.wipe();
});

test('is wiped where its block ends, by return or throw', () => {
  const bytes = Buffer.from(WORDS);
  assert.throws(() => {
    using _secret = new SecretBytes(bytes);
    throw new Error('stop');
  }, /stop/);
  assert.ok(bytes.every((byte) => byte === 0));
});
