import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DomainKey } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { PageTokens } from './page-tokens.ts';

const tokens = new PageTokens(new DomainKey(new SecretBytes(new Uint8Array(32).fill(1))));
const others = new PageTokens(new DomainKey(new SecretBytes(new Uint8Array(32).fill(2))));
const page = fc.record(
  {
    after: fc.record({ segment: fc.nat(), line: fc.nat() }, { noNullPrototype: true }),
    from: fc.nat(),
    to: fc.nat(2 ** 33),
  },
  { noNullPrototype: true },
);
const asked = fc.array(fc.string(), { maxLength: 4 });

test('a token opens for what it was given for, and for nothing else', () => {
  fc.assert(
    fc.property(page, asked, asked, (made, question, other) => {
      const token = tokens.seal(question, made);
      assert.deepEqual(tokens.open(question, token), made);
      assert.equal(others.open(question, token), undefined);
      if (JSON.stringify(question) !== JSON.stringify(other))
        assert.equal(tokens.open(other, token), undefined);
    }),
  );
});

test('a token with any character changed opens nothing', () => {
  const token = tokens.seal(['1', 'cn-hangzhou'], { after: { segment: 7, line: 12 }, from: 3, to: 99 });
  for (let at = 0; at < token.length; at++) {
    for (const character of 'A0_.') {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      if (changed !== token) assert.equal(tokens.open(['1', 'cn-hangzhou'], changed), undefined, changed);
    }
  }
  for (const junk of ['', 'x', `${token}A`, token.slice(1), token.slice(0, -1), '1.2.3.4.']) {
    assert.equal(tokens.open(['1', 'cn-hangzhou'], junk), undefined);
  }
});
