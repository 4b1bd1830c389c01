import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { combine, split } from 'shamir-secret-sharing';
import { DoesNotOpen } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { StartError } from '../../start-error.ts';
import { combineShares, newShares, readSplitting } from './recovery-key.ts';
import { readShare, type Share, shareText } from './share.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

/** GF(2^8) as FIPS 197, section 4.2, multiplies: bit by bit, modulo x^8 + x^4 + x^3 + x + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}
const inverse = (a: number) => Array.from({ length: 256 }, (_, b) => b).find((b) => times(a, b) === 1) ?? 0;
/** The polynomial at x, its coefficients from the constant one up. */
const at = (coefficients: readonly number[], x: number) =>
  coefficients.reduceRight((sum, coefficient) => times(sum, x) ^ coefficient, 0);
const distinct = (count: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: count, maxLength: count });
const byte = fc.nat({ max: 255 });

describe("the library's arithmetic, against the field as FIPS 197 defines it", () => {
  test('known answers: {57}.{83} = {c1} and {57}.{13} = {fe} (4.2), {53} and {ca} are inverse', async () => {
    assert.deepEqual([times(0x57, 0x83), times(0x57, 0x13), inverse(0x53)], [0xc1, 0xfe, 0xca]);
    // A line through (0, c1) that rises by 57: at x it is c1 + 57x. At 13 that is c1 + fe = 3f, at 83 c1 + c1 = 0.
    const points = [Uint8Array.of(0x3f, 0x13), Uint8Array.of(0x00, 0x83)];
    assert.deepEqual(await combine(points), Uint8Array.of(0xc1));
  });

  test('combining gives the value at 0 of the polynomial that the points lie on', async () => {
    const law = fc.asyncProperty(
      fc.array(byte, { minLength: 2, maxLength: 8 }),
      distinct(8),
      async (coefficients, xs) => {
        const points = xs.slice(0, coefficients.length).map((x) => Uint8Array.of(at(coefficients, x), x));
        assert.deepEqual([...(await combine(points))], [coefficients[0]]);
      },
    );
    await fc.assert(law);
  });

  test('splitting gives points of a polynomial of degree t - 1 at different places that are not 0', async () => {
    const shares = await split(SECRET, 6, 3);
    const xs = shares.map((share) => share[32] ?? 0);
    assert.equal(new Set(xs).size, 6);
    assert.ok(!xs.includes(0));
    SECRET.forEach((value, place) => {
      for (const third of [2, 3, 4, 5]) {
        const used = [0, 1, third].map((each) => ({ x: xs[each] ?? 0, y: shares[each]?.[place] ?? 0 }));
        const terms = used.map(({ x, y }, i) =>
          used.reduce(
            (term, { x: other }, j) => (i === j ? term : times(times(term, other), inverse(x ^ other))),
            y,
          ),
        );
        assert.equal(
          terms.reduce((sum, term) => sum ^ term, 0),
          value,
        );
      }
    });
  });

  test('fewer points than the threshold tell nothing: with one more unknown, every byte is as likely', async () => {
    const law = fc.asyncProperty(byte, byte, distinct(3), async (y1, y2, [x1 = 1, x2 = 2, x3 = 3]) => {
      const secrets = new Set<number>();
      for (let y3 = 0; y3 < 256; y3++) {
        const points = [Uint8Array.of(y1, x1), Uint8Array.of(y2, x2), Uint8Array.of(y3, x3)];
        secrets.add((await combine(points))[0] ?? -1);
      }
      assert.equal(secrets.size, 256);
    });
    await fc.assert(law, { numRuns: 5 });
  });
});

const combinations = <T>(all: readonly T[], size: number): readonly T[][] =>
  size === 0
    ? [[]]
    : all.flatMap((each, i) => combinations(all.slice(i + 1), size - 1).map((rest) => [each, ...rest]));
const refuses = (shares: readonly Share[], why: RegExp) =>
  assert.rejects(combineShares(shares), (error: Error) => {
    assert.ok(error instanceof StartError && why.test(error.message), error.message);
    return true;
  });

describe('recovery shares', () => {
  test('any t of n open, in any order and as text; fewer, of whatever number, do not', async () => {
    for (const [count, threshold] of [
      [2, 2],
      [5, 3],
      [6, 6],
    ] as const) {
      const { rootKey, shares } = await newShares(count, threshold);
      const wrapped = await rootKey.wrap(new SecretBytes(SECRET.slice()));
      const set = shares[0]?.set;
      assert.deepEqual(readSplitting(wrapped), { set, threshold, count });
      const read = shares.map((share) => readShare(shareText(share), 'it'));
      assert.deepEqual(read, shares);
      for (const some of combinations(read, threshold)) {
        using opened = await (await combineShares(some.toReversed())).unwrap(wrapped);
        assert.deepEqual(new Uint8Array(opened.open()), SECRET);
      }
      await combineShares(read);
      for (const few of combinations(read, threshold - 1)) {
        if (few.length > 0) await refuses(few, /are too few/);
        // Lying about the threshold does not help.
        const lying = few.map((share) => ({ ...share, threshold: 2 }));
        if (few.length >= 2) await refuses(lying, /do not fit together/);
      }
    }
  });

  test('mixed, doubled and edited shares: each is named as far as it can be, and an edited one is not', async () => {
    const [{ shares, rootKey }, other] = [await newShares(5, 3), await newShares(5, 3)];
    const [a, b, c] = shares as [Share, Share, Share];
    await refuses(
      [a, b, other.shares[2] as Share],
      /share 1 is of set [0-9a-f]{8}, share 3 of set [0-9a-f]{8}/,
    );
    await refuses([a, b, a], /share 1 was given twice/);
    await refuses([a, b, { ...a, index: 3 }], /do not fit together: at least one/);
    const messages = new Set<string>();
    for (const place of [0, 1, 2]) {
      for (let at = 0; at < 33; at++) {
        const edited = [a, b, c].map((share, i) => {
          const points = share.points.map((value, j) => (i === place && j === at ? value ^ 1 : value));
          return { ...share, points };
        });
        await combineShares(edited).catch((error: Error) => messages.add(error.message));
      }
    }
    assert.equal(messages.size, 1, 'one message for whichever was edited');
    const foreign = await other.rootKey.wrap(new SecretBytes(SECRET.slice()));
    await assert.rejects(rootKey.unwrap(foreign), DoesNotOpen);
  });

  test('a text that is not as it was printed is refused, and where it is wrong is said', async () => {
    const [share] = (await newShares(5, 3)).shares as [Share];
    const text = shareText(share);
    assert.match(text, /^# Keyhold recovery share 1 of 5, set [0-9a-f]{8}; any 3 /);
    const wrongs: [string, RegExp][] = [
      ['', /it has 0 letters and digits; a share has 90/],
      [text.replace(/\n(.....) (.....)/, '\n$2 $1'), /groups 1, 2 of 18 mistyped/],
      [text.split('\n').slice(0, 3).join('\n'), /it has 60 letters/],
      [`${text}${text}`, /it has 180 letters/],
      [shareText({ ...share, threshold: 1 }), /a form that this version does not know/],
      [shareText({ ...share, index: 6 }), /a form that this version does not know/],
    ];
    for (const [wrong, why] of wrongs) {
      assert.throws(
        () => readShare(wrong, 'a.txt'),
        (error: Error) => {
          assert.ok(
            error instanceof StartError && error.message.startsWith('a.txt is not a share'),
            error.message,
          );
          assert.match(error.message, why);
          return true;
        },
      );
    }
  });
});
