import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoesNotOpen } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import type { Kind, RootKey } from '../root-key.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const secret = () => new SecretBytes(SECRET.slice());

/**
 * The contract of `RootKey` as tests. `other` is another of the same kind; `every` says how many bytes of a wrapping are
 * left out between two that are changed, where opening is meant to be slow.
 */
export function wayInConformance(
  name: string,
  kind: Kind,
  open: () => Promise<{ readonly rootKey: RootKey; readonly other: RootKey }>,
  every = 1,
): void {
  test(`${name}: opens what it wrapped, each time anew, and says what it is`, async () => {
    const { rootKey } = await open();
    const wrapped = await rootKey.wrap(secret());
    assert.notDeepEqual(wrapped, await rootKey.wrap(secret()));
    for (const bytes of [wrapped, Uint8Array.from(wrapped)]) {
      using opened = await rootKey.unwrap(bytes);
      assert.deepEqual(new Uint8Array(opened.open()), SECRET);
    }
    assert.equal(rootKey.kind, kind);
    assert.ok(rootKey.source.length > 0);
    assert.ok(!Buffer.from(wrapped).includes(SECRET.subarray(0, 8)));
    rootKey[Symbol.dispose]();
    if (kind !== 'token') await assert.rejects(rootKey.unwrap(wrapped), 'once it is wiped');
  });

  test(`${name}: another root key does not open it, nor does any change`, async () => {
    const { rootKey, other } = await open();
    const wrapped = await rootKey.wrap(secret());
    await assert.rejects(other.unwrap(wrapped), DoesNotOpen);
    for (let at = 0; at < wrapped.length; at += every) {
      const changed = wrapped.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte));
      await assert.rejects(rootKey.unwrap(changed), DoesNotOpen, `byte ${at}`);
      await assert.rejects(rootKey.unwrap(wrapped.subarray(0, at)), DoesNotOpen, `${at} bytes`);
    }
    await assert.rejects(rootKey.unwrap(Buffer.concat([wrapped, Uint8Array.of(0)])), DoesNotOpen);
  });
}
