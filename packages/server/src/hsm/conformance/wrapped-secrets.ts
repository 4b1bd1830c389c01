import assert from 'node:assert/strict';
import { SecretBytes } from '../../secret-bytes.ts';
import { unwrapSecret, wrapSecret } from '../wrapped-secret.ts';
import type { TokenTest } from './suite.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, at) => at);
const BOUND = Buffer.from('the domain key');

export function wrappedSecretsConformance({ test }: TokenTest): void {
  test('a secret is wrapped so that the same key alone unwraps it, whole and for the same purpose', async (token, label) => {
    await token.makeKey(label, 256);
    await token.makeKey(`${label}/other`, 256);
    const wrapped = await wrapSecret(token, label, BOUND, new SecretBytes(SECRET.slice()));
    assert.notDeepEqual(wrapped, await wrapSecret(token, label, BOUND, new SecretBytes(SECRET.slice())));
    const opened = await unwrapSecret(token, label, BOUND, wrapped);
    assert.deepEqual(opened && new Uint8Array(opened.open()), SECRET);
    assert.equal(await unwrapSecret(token, `${label}/other`, BOUND, wrapped), undefined);
    assert.equal(await unwrapSecret(token, label, Buffer.from('something else'), wrapped), undefined);
    for (let at = 0; at < wrapped.length; at++) {
      const changed = wrapped.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
      assert.equal(await unwrapSecret(token, label, BOUND, changed), undefined, `byte ${at}`);
      assert.equal(await unwrapSecret(token, label, BOUND, wrapped.subarray(0, at)), undefined);
    }
  });
}
