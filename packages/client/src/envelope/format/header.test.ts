import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { failsWith } from '../test-kit/damage.ts';
import { arnOf, CONTEXT, CONTEXT_BYTES, recipientOf, V1_FILE } from '../test-kit/vectors.ts';
import { joined, sameBytes, u16, utf8, withLength } from './bytes.ts';
import { parseContext, writeContext } from './context.ts';
import { type HeaderParts, headerBytesOf, headerLength, parseHeader, writeHeader } from './header.ts';
import { MAX_RECIPIENTS, recoveryRecipient } from './recipients.ts';

const V1 = Buffer.from(V1_FILE, 'hex');
const UNCHANGING = V1.subarray(0, 76);
const contextBytes = writeContext(CONTEXT);
const noTag = () => new Uint8Array(32);
const encoded = (type: number, body: Uint8Array, reserved = 0): { encoded: Uint8Array } => ({
  encoded: joined([Uint8Array.of(type, reserved), withLength(body)]),
});
const cmkBody = (arn: string | Uint8Array, version: string | Uint8Array, blob: Uint8Array): Uint8Array =>
  joined(
    [
      typeof arn === 'string' ? utf8(arn) : arn,
      typeof version === 'string' ? utf8(version) : version,
      blob,
    ].map(withLength),
  );

/** A header of these raw entries, padded by `padding`. */
function headerOf(
  entries: readonly { encoded: Uint8Array }[],
  padding = 0,
  context = contextBytes,
): Uint8Array {
  const recipients = entries.map((entry) => ({ kind: 'unknown', type: 0, ...entry }) as const);
  const parts: HeaderParts = { unchanging: UNCHANGING, contextBytes: context, recipients };
  return writeHeader(parts, headerBytesOf(parts) + padding, noTag);
}
const patched = (at: number, ...bytes: number[]): Uint8Array => {
  const changed = Uint8Array.from(V1.subarray(0, 228));
  changed.set(bytes, at);
  return changed;
};

describe('a header', () => {
  test('of V1 is read field by field, and written again as it was', () => {
    const header = parseHeader(V1);
    assert.deepEqual({ ...header.context }, CONTEXT);
    assert.equal(header.chunkLog2, 12);
    const [recipient] = header.recipients;
    assert.ok(recipient?.kind === 'cmk');
    assert.equal(recipient.cmk, arnOf('a'));
    assert.equal(recipient.keyVersionId, 'v-a');
    const parts = { unchanging: UNCHANGING, contextBytes, recipients: header.recipients };
    assert.ok(
      sameBytes(
        writeHeader(parts, headerBytesOf(parts), () => header.tag),
        V1.subarray(0, 228),
      ),
    );
  });

  test('that parses has one spelling: written again from its parts it is the same bytes', () => {
    const entry = fc.oneof(
      fc
        .record({ blob: fc.uint8Array({ minLength: 1, maxLength: 90 }), id: fc.nat(9) })
        .map(({ blob, id }) => encoded(1, cmkBody(`${arnOf('a')}${id}`, 'v', blob))),
      fc
        .uint8Array({ minLength: 1, maxLength: 90 })
        .map((blob) => recoveryRecipient(new Uint8Array(32), blob)),
      fc
        .tuple(fc.integer({ min: 4, max: 255 }), fc.uint8Array({ maxLength: 90 }))
        .map(([type, body]) => encoded(type, body)),
    );
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 8 }),
        fc.nat(500),
        fc.array(fc.tuple(fc.nat(900), fc.nat(255)), { maxLength: 2 }),
        (entries, padding, edits) => {
          const bytes = headerOf(entries, padding);
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
          let header: ReturnType<typeof parseHeader>;
          try {
            header = parseHeader(bytes);
          } catch (error) {
            return failsWith('InvalidHeader', 'NotAnEnvelope', 'UnsupportedVersion', 'Truncated')(error);
          }
          const parts: HeaderParts = {
            unchanging: header.bytes.subarray(0, 76),
            contextBytes: header.context ? writeContext(header.context) : new Uint8Array(0),
            recipients: header.recipients,
          };
          assert.ok(
            sameBytes(
              writeHeader(parts, header.bytes.length, () => header.tag),
              header.bytes,
            ),
          );
          return true;
        },
      ),
      { numRuns: 500 },
    );
  });

  test('never breaks the parser, whatever the bytes: they are a header, or an EnvelopeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(228), (noise, keep) => {
        try {
          parseHeader(joined([V1.subarray(0, keep), noise]));
        } catch (error) {
          failsWith('InvalidHeader', 'NotAnEnvelope', 'UnsupportedVersion', 'Truncated')(error);
        }
      }),
      { numRuns: 500 },
    );
  });

  const refused: [what: string, header: Uint8Array, code: Parameters<typeof failsWith>[0]][] = [
    ['another magic', patched(0, 0x88), 'NotAnEnvelope'],
    ['version 2', patched(8, 2), 'UnsupportedVersion'],
    ['suite 2', patched(9, 2), 'UnsupportedVersion'],
    ['chunks of 2 KiB', patched(10, 11), 'InvalidHeader'],
    ['chunks of 32 MiB', patched(10, 25), 'InvalidHeader'],
    ['an unknown flag', patched(11, 2), 'InvalidHeader'],
    ['a context although the flag says there is none', patched(11, 1), 'InvalidHeader'],
    ['no context although the flag says there is one', patched(82, 0, 0), 'InvalidHeader'],
    ['a length below the smallest', patched(76, 0, 0, 0, 115), 'InvalidHeader'],
    ['a length above the largest', patched(76, 0, 1, 0, 1), 'InvalidHeader'],
    ['a length beyond the input', patched(76, 0, 0, 1, 0), 'Truncated'],
    ['a length that cuts the recipient', patched(76, 0, 0, 0, 227), 'InvalidHeader'],
    ['no recipient', patched(80, 0, 0), 'InvalidHeader'],
    ['33 recipients', patched(80, 0, 33), 'InvalidHeader'],
    ['two recipients where there is one', patched(80, 0, 2), 'InvalidHeader'],
    [
      'padding that is not zero',
      (() => {
        const bytes = headerOf([recipientOf('a')], 8);
        bytes[bytes.length - 33] = 1;
        return bytes;
      })(),
      'InvalidHeader',
    ],
    ['a reserved byte', headerOf([encoded(1, cmkBody(arnOf('a'), 'v', V1), 1)]), 'InvalidHeader'],
    [
      'a recipient with bytes left over',
      headerOf([encoded(1, joined([cmkBody(arnOf('a'), 'v', V1), new Uint8Array(1)]))]),
      'InvalidHeader',
    ],
    [
      'a recipient that is cut',
      headerOf([encoded(1, cmkBody(arnOf('a'), 'v', V1).subarray(0, -1))]),
      'InvalidHeader',
    ],
    ['an alias', headerOf([encoded(1, cmkBody('acs:kms:cn-hangzhou:1:alias/x', 'v', V1))]), 'InvalidHeader'],
    ['an empty ARN', headerOf([encoded(1, cmkBody('', 'v', V1))]), 'InvalidHeader'],
    [
      'an ARN of 513 bytes',
      headerOf([encoded(1, cmkBody(arnOf('a').padEnd(513, 'x'), 'v', V1))]),
      'InvalidHeader',
    ],
    [
      'a version id of 129 bytes',
      headerOf([encoded(1, cmkBody(arnOf('a'), 'v'.repeat(129), V1))]),
      'InvalidHeader',
    ],
    [
      'a version id that is not UTF-8',
      headerOf([encoded(1, cmkBody(arnOf('a'), Uint8Array.of(0xff), V1))]),
      'InvalidHeader',
    ],
    ['an empty blob', headerOf([encoded(1, cmkBody(arnOf('a'), 'v', new Uint8Array(0)))]), 'InvalidHeader'],
    [
      'a blob of 8193 bytes',
      headerOf([encoded(1, cmkBody(arnOf('a'), 'v', new Uint8Array(8193)))]),
      'InvalidHeader',
    ],
    [
      'the same CMK twice',
      headerOf([recipientOf('a'), encoded(1, cmkBody(arnOf('a'), 'w', V1))]),
      'InvalidHeader',
    ],
    ['a fingerprint of 31 bytes', headerOf([recoveryRecipient(new Uint8Array(31), V1)]), 'InvalidHeader'],
    [
      'a gateway recipient without IV',
      headerOf([encoded(2, joined([cmkBody(arnOf('a'), 'v', V1), u16(0), withLength(utf8('AES_GCM'))]))]),
      'InvalidHeader',
    ],
    [
      'a context out of order',
      headerOf(
        [recipientOf('a')],
        0,
        joined([u16(2), ...['b', '', 'a', ''].map((text) => withLength(utf8(text)))]),
      ),
      'InvalidHeader',
    ],
    [
      'a context key twice',
      headerOf(
        [recipientOf('a')],
        0,
        joined([u16(2), ...['a', '', 'a', ''].map((text) => withLength(utf8(text)))]),
      ),
      'InvalidHeader',
    ],
    [
      'an empty context key',
      headerOf([recipientOf('a')], 0, joined([u16(1), ...['', 'x'].map((text) => withLength(utf8(text)))])),
      'InvalidHeader',
    ],
    [
      'a context key of 256 bytes',
      headerOf(
        [recipientOf('a')],
        0,
        joined([u16(1), ...['k'.repeat(256), 'x'].map((text) => withLength(utf8(text)))]),
      ),
      'InvalidHeader',
    ],
    [
      'a context value of 4097 bytes',
      headerOf(
        [recipientOf('a')],
        0,
        joined([u16(1), ...['k', 'x'.repeat(4097)].map((text) => withLength(utf8(text)))]),
      ),
      'InvalidHeader',
    ],
    [
      'a context that is not UTF-8',
      headerOf([recipientOf('a')], 0, joined([u16(1), withLength(Uint8Array.of(0xc0, 0x80)), u16(0)])),
      'InvalidHeader',
    ],
    [
      'a context with bytes left over',
      headerOf([recipientOf('a')], 0, joined([contextBytes, new Uint8Array(1)])),
      'InvalidHeader',
    ],
    [
      'a context of more than 8192 bytes',
      headerOf(
        [recipientOf('a')],
        0,
        joined([
          u16(3),
          ...['a', 'b', 'c'].flatMap((key) => [withLength(utf8(key)), withLength(new Uint8Array(2800))]),
        ]),
      ),
      'InvalidHeader',
    ],
  ];
  for (const [what, header, code] of refused) {
    test(`with ${what} is refused`, () => assert.throws(() => parseHeader(header), failsWith(code)));
  }

  test('of a gateway recipient and of an unknown type is read, and kept byte for byte', () => {
    const gateway = encoded(
      2,
      joined([cmkBody(arnOf('a'), 'v', V1), withLength(V1.subarray(0, 12)), withLength(utf8('AES_GCM'))]),
    );
    const unknown = encoded(200, V1);
    const { recipients } = parseHeader(headerOf([gateway, unknown], 3));
    assert.deepEqual(
      recipients.map(({ kind }) => kind),
      ['instance', 'unknown'],
    );
    assert.ok(
      recipients.every((recipient, i) => sameBytes(recipient.encoded, [gateway, unknown][i]?.encoded ?? V1)),
    );
  });

  test('cannot be written for nobody, for too many, or too long', () => {
    const write = (recipients: HeaderParts['recipients']) => {
      const parts = { unchanging: UNCHANGING, contextBytes, recipients };
      return writeHeader(parts, headerBytesOf(parts), noTag);
    };
    assert.throws(() => write([]), failsWith('InvalidRecipient'));
    assert.throws(
      () => write(Array(MAX_RECIPIENTS + 1).fill(recipientOf('a'))),
      failsWith('InvalidRecipient'),
    );
    assert.throws(
      () => write(Array(9).fill(recoveryRecipient(new Uint8Array(32), new Uint8Array(8000)))),
      failsWith('InvalidRecipient'),
    );
  });

  test('is recognised as cut off while it is shorter than its fixed part', () => {
    for (let length = 1; length < 84; length++)
      assert.throws(() => headerLength(V1.subarray(0, length)), failsWith('Truncated'));
  });
});

describe('a context', () => {
  test('is written as the document says, and an empty one as two zero bytes', () => {
    assert.equal(Buffer.from(contextBytes).toString('hex'), CONTEXT_BYTES);
    assert.deepEqual(writeContext({}), new Uint8Array(2));
  });

  test('comes back the same, in the order of UTF-8 bytes', () => {
    const word = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(
        fc.dictionary(
          word.filter((key) => key !== ''),
          word,
          { maxKeys: 8 },
        ),
        (context) => {
          const bytes = writeContext(context);
          const back = parseContext(bytes);
          assert.deepEqual(Object.entries(back).sort(), Object.entries(context).sort());
          assert.ok(sameBytes(writeContext(Object.fromEntries(Object.entries(context).reverse())), bytes));
        },
      ),
    );
    assert.deepEqual(
      Object.keys(parseContext(writeContext({ '\ufeffkey': '' }))),
      ['\ufeffkey'],
      'a byte order mark is a character',
    );
    // In UTF-16 the order of these two is the other way round.
    const keys = ['\u{ff5e}', '\u{1f600}'];
    const bytes = Buffer.from(writeContext(Object.fromEntries(keys.map((key) => [key, '']))));
    assert.ok(bytes.indexOf('\u{ff5e}') < bytes.indexOf('\u{1f600}'));
  });

  test('out of the limits is refused', () => {
    const wrong: Record<string, string>[] = [
      { '': 'x' },
      { ['k'.repeat(256)]: 'x' },
      { k: 'x'.repeat(4097) },
      { a: 'x'.repeat(3000), b: 'x'.repeat(3000), c: 'x'.repeat(3000) },
      { k: '\ud800' },
    ];
    for (const context of wrong) assert.throws(() => writeContext(context), failsWith('InvalidContext'));
    writeContext({ ['k'.repeat(255)]: 'x'.repeat(4096) });
  });
});
