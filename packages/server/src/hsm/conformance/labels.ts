import assert from 'node:assert/strict';
import { TokenRefused } from '../token.ts';
import type { TokenTest } from './suite.ts';

const SEED = new Uint8Array(32);
const NONCE = new Uint8Array(12);
const refused = (refusal: string) => (error: Error) =>
  error instanceof TokenRefused && error.refusal === refusal;

export function labelsConformance({ test }: TokenTest): void {
  test('keys and pairs are listed by the beginning of their label, and gone when destroyed', async (token, label) => {
    assert.deepEqual(await token.list(`${label}/`), []);
    await token.makeKey(`${label}/b`, 256);
    await token.makeKey(`${label}/a`, 128);
    await token.makeWrappingPair(`${label}/c`, 2048, 'RSAES_OAEP_SHA_1');
    assert.deepEqual(await token.list(`${label}/`), [`${label}/a`, `${label}/b`, `${label}/c`]);
    assert.deepEqual(await token.list(`${label}/b`), [`${label}/b`]);
    await token.destroy(`${label}/a`);
    await token.destroy(`${label}/c`);
    await token.destroy(`${label}/a`);
    assert.deepEqual(await token.list(`${label}/`), [`${label}/b`]);
  });

  test('a label is that of one thing', async (token, label) => {
    const tries = [
      ...Array.from({ length: 5 }, () => token.makeKey(label, 256)),
      token.makeWrappingPair(label, 2048, 'RSAES_OAEP_SHA_1'),
    ];
    const outcomes = await Promise.allSettled(tries);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(refused('label-taken')(outcome.reason), outcome.reason);
    }
    assert.deepEqual(await token.list(label), [label]);
  });

  test('a key that was destroyed does nothing any more, and another of its name is another key', async (token, label) => {
    const nothing = Buffer.alloc(0);
    await token.makeKey(label, 256);
    const sealed = await token.seal(label, SEED, NONCE, nothing, SEED);
    const commitment = await token.commitment(label, SEED);
    await token.destroy(label);
    const gone = refused('no-such-key');
    await assert.rejects(token.seal(label, SEED, NONCE, nothing, SEED), gone);
    await assert.rejects(token.open(label, SEED, NONCE, nothing, sealed), gone);
    await assert.rejects(token.commitment(label, SEED), gone);
    await assert.rejects(token.fingerprint(label, SEED), gone);
    await token.makeKey(label, 256);
    assert.equal(await token.open(label, SEED, NONCE, nothing, sealed), undefined);
    assert.notDeepEqual(await token.commitment(label, SEED), commitment);
  });

  test('a pair is no key, and a key no pair', async (token, label) => {
    await token.makeKey(`${label}/key`, 256);
    await token.makeWrappingPair(`${label}/pair`, 2048, 'RSAES_OAEP_SHA_1');
    await assert.rejects(token.commitment(`${label}/pair`, SEED), refused('no-such-key'));
    const wrapped = {
      pair: `${label}/key`,
      algorithm: 'RSAES_OAEP_SHA_1',
      encrypted: new Uint8Array(256),
    } as const;
    await assert.rejects(token.importKey(`${label}/new`, 256, wrapped), refused('no-such-key'));
  });

  test('labels that tokens would not keep are refused', async (token) => {
    for (const label of ['', 'a b', 'a\0b', 'é', 'a\n', 'x'.repeat(129)]) {
      await assert.rejects(token.makeKey(label, 256), TypeError, JSON.stringify(label));
    }
  });
}
