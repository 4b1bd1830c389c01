import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadWireVectors } from '../../../../test/vectors/wire-vectors.ts';
import { canonicalQuery, compareUtf8, sortByName } from './canonical-query.ts';
import { percentEncode } from './percent-encode.ts';
import { rpcStringToSign } from './rpc.ts';

const wellFormed = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());

for (const vector of loadWireVectors().vectors) {
  if (vector.verifiesWith !== 'standard' || vector.canonicalQuery === undefined) continue;
  test(`canonical query and string to sign of ${vector.id}`, () => {
    const { query, form } = vector.decoded;
    const canonical = canonicalQuery([...query, ...form].filter(([name]) => name !== 'Signature'));
    assert.equal(canonical, vector.canonicalQuery);
    assert.equal(rpcStringToSign(vector.request.method as 'GET' | 'POST', canonical), vector.stringToSign);
  });
}

test('percent-encoding leaves the unreserved characters alone and decodes to what it was', () => {
  fc.assert(
    fc.property(wellFormed, (text) => {
      assert.match(percentEncode(text), /^(?:[A-Za-z0-9\-_.~]|%[0-9A-F]{2})*$/);
      assert.equal(decodeURIComponent(percentEncode(text)), text);
      if (/^[A-Za-z0-9\-_.~]*$/.test(text)) assert.equal(percentEncode(text), text);
    }),
  );
});

test('text without a UTF-8 form cannot be signed', () => {
  assert.throws(() => percentEncode('\ud800'), URIError);
});

test('names compare as their UTF-8 bytes do', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '.', '1', 'é', '\ue000', '\uffff', '😀', '𐀀') });
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('short and long lists sort alike', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 80 }), (pairs) => {
      const expected = pairs.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(sortByName([...pairs]), expected);
    }),
  );
});

test('the encoding is injective: other pairs, other text', () => {
  const pairs = fc.uniqueArray(fc.tuple(wellFormed, wellFormed), {
    selector: ([name]) => name,
    maxLength: 4,
  });
  fc.assert(
    fc.property(pairs, pairs, (a, b) => {
      const same = JSON.stringify(sortByName([...a])) === JSON.stringify(sortByName([...b]));
      fc.pre(!(a.length + b.length === 1));
      assert.equal(canonicalQuery(a) === canonicalQuery(b), same);
    }),
  );
});
