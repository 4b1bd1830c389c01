import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Entry, EntryCaller } from './entry.ts';
import { type Header, headerText, LineDecoder, LineEncoder, LineUnreadable, linesToOrigin } from './line.ts';
import { sampleEntry } from './test-kit/samples.ts';

const ms = fc.integer({ min: 0, max: 4e12 });
/** Few values, so that origins repeat; awkward ones, so that references could be mistaken. */
const text = fc.oneof(
  fc.constantFrom('', '/', '//', ':', '\\', '\\:', '1', 'acs:kms:1:1:', '{"k":"', '\n', '__proto__'),
  fc.string({ unit: 'binary' }),
);
const few = fc.constantFrom('', '1', 'x"', 'cn-hangzhou', '2016-01-20');
const value = fc.oneof(text, fc.jsonValue({ noUnicodeString: false }).map(withoutNegativeZero));
/**
 * Names hold no backslash, as those of the contract: JSON.parse of V8 14.6 (Node 26) reads the name of one
 * newline as one backslash where an object of that shape had a backslash there before (nodejs/node 63785).
 */
const withoutBackslash = (json: unknown): boolean => !JSON.stringify(json).includes('\\\\');
const members = fc
  .array(
    fc.tuple(
      text.filter(withoutBackslash),
      value.filter((json) => typeof json === 'string' || withoutBackslash(json)),
    ),
    { maxLength: 4 },
  )
  .map((pairs) => Object.fromEntries(pairs));
const arn = fc.oneof(
  text,
  fc.tuple(few, few, text).map(([region, account, rest]) => `acs:kms:${region}:${account}:key/${rest}`),
);

const entry: fc.Arbitrary<Entry> = fc
  .record(
    {
      kind: fc.constantFrom('call', 'intent', 'service', 'break'),
      time: ms,
      requestId: text,
      version: few,
      action: text,
      region: few,
      caller: fc.record(
        {
          accountId: few,
          type: fc.constantFrom('root-account', 'ram-user', 'assumed-role', 'oidc-user', 'service'),
          principalId: few,
          accessKeyId: few,
          userName: few,
          session: fc.record({ startedAt: fc.constantFrom(0, 5), assumedBy: few }, { noNullPrototype: true }),
        },
        { requiredKeys: ['accountId', 'type', 'principalId', 'accessKeyId'], noNullPrototype: true },
      ),
      sourceIp: few,
      userAgent: few,
      tls: fc.boolean(),
      parameters: members,
      response: members,
      errorCode: text,
      errorMessage: text,
      resources: fc.array(arn, { maxLength: 3 }),
      reasons: fc.array(text, { maxLength: 3 }),
      replay: fc.record({ token: text, timestamp: ms }, { noNullPrototype: true }),
    },
    {
      noNullPrototype: true,
      requiredKeys: [
        ...(['kind', 'time', 'requestId', 'version', 'action', 'region', 'caller', 'sourceIp'] as const),
        ...(['userAgent', 'tls', 'parameters', 'resources', 'reasons'] as const),
      ],
    },
  )
  // Values that are the name of the first resource are written as a reference.
  .chain((made) => {
    const name = made.resources[0]?.split('/').at(-1) ?? '';
    return fc
      .boolean()
      .map((named) => (named ? { ...made, parameters: { ...made.parameters, KeyId: name } } : made));
  });

function withoutNegativeZero(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json));
}

test('decoding gives back what was encoded, whatever stood in the lines before', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), fc.nat(2 ** 40), (entries, first) => {
      const encoder = new LineEncoder();
      const decoder = new LineDecoder();
      for (const [i, one] of entries.entries()) {
        const json = encoder.encode(first + i, one);
        assert.ok(!json.includes('\n'));
        assert.deepEqual(decoder.decode(json), { seq: first + i, time: one.time, entry: one });
      }
    }),
  );
});

test('a line points back to its origin by 1024 lines at most, and both sides forget', () => {
  const encoder = new LineEncoder();
  const decoder = new LineDecoder();
  for (let seq = 1; seq < 10_000; seq++) {
    const made = sampleEntry(seq, { sourceIp: `192.0.2.${seq % 5 === 0 ? seq : 1}` });
    const json = encoder.encode(seq, made);
    assert.ok(Number(/"o":(\d+)/.exec(json)?.[1] ?? 0) <= 1024);
    assert.deepEqual(decoder.decode(json), { seq, time: made.time, entry: made });
  }
});

test('headers come back', () => {
  const accepted = fc.record({
    segment: fc.nat(),
    offset: fc.nat(),
    after: fc.nat(),
    digest: text,
    reason: text,
  });
  const header: fc.Arbitrary<Header> = fc.record(
    {
      format: fc.constant(1 as const),
      segment: fc.nat(),
      previous: fc.stringMatching(/^[0-9a-f]{64}$/),
      validBytes: fc.nat(),
      accepted,
    },
    { requiredKeys: ['format', 'segment', 'previous'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.nat(), ms, header, (seq, time, made) => {
      const decoded = new LineDecoder().decode(headerText(seq, time, made));
      assert.deepEqual(
        JSON.parse(JSON.stringify(decoded)),
        JSON.parse(JSON.stringify({ seq, time, header: made })),
      );
    }),
  );
});

test('what is no line is refused in one way', () => {
  const pieces = [
    '{"n":1',
    ',"t":2',
    ',"h":{"format":1}',
    ',"o":1',
    ',"o":null',
    ',"x":1',
    ',"x":[1]',
    ',"p":1',
    '}',
  ];
  const almost = fc.array(fc.constantFrom(...pieces)).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(almost, fc.json(), fc.string()), (junk) => {
      assert.throws(() => new LineDecoder().decode(junk), LineUnreadable);
    }),
  );
});

test('a line written before callers had names and sessions is read as before', () => {
  const origin =
    '{"k":"LTAI","c":"1","r":"cn-hangzhou","s":"192.0.2.1","u":"x","g":"keyhold","y":"service","l":1}';
  const json = `{"n":7,"t":9,"q":["nonce",2],"o":${origin},"i":"R","a":"DescribeKey","p":{"KeyId":"/"},"x":[":key/k"]}`;
  const old: Entry = {
    kind: 'call',
    time: 9,
    requestId: 'R',
    version: '2016-01-20',
    action: 'DescribeKey',
    region: 'cn-hangzhou',
    caller: { accountId: '1', type: 'service', principalId: 'keyhold', accessKeyId: 'LTAI' },
    sourceIp: '192.0.2.1',
    userAgent: 'x',
    tls: true,
    parameters: { KeyId: 'k' },
    resources: ['acs:kms:cn-hangzhou:1:key/k'],
    reasons: [],
    replay: { token: 'nonce', timestamp: 7 },
  };
  assert.deepEqual(new LineDecoder().decode(json), { seq: 7, time: 9, entry: old });
  assert.equal(new LineEncoder().encode(7, old), json);
});

test('callers that differ in anything do not share an origin', () => {
  const base: EntryCaller = { accountId: '1', type: 'assumed-role', principalId: '2', accessKeyId: 'A' };
  const callers: readonly EntryCaller[] = [
    base,
    { ...base, userName: '' },
    { ...base, userName: 'Role:s' },
    { ...base, userName: 'Role:s', session: { startedAt: 1, assumedBy: '3' } },
    { ...base, userName: 'Role:s', session: { startedAt: 2, assumedBy: '3' } },
    { ...base, userName: 'Role:s', session: { startedAt: 2, assumedBy: '4' } },
    { ...base, type: 'ram-user', userName: 'Role:s' },
  ];
  const encoder = new LineEncoder();
  const decoder = new LineDecoder();
  for (const [i, caller] of [...callers, ...callers.toReversed()].entries()) {
    const line = decoder.decode(encoder.encode(i + 1, sampleEntry(i, { caller })));
    assert.deepEqual('entry' in line && line.entry.caller, caller);
  }
});

test('a line says how far back its origin stands', () => {
  const encoder = new LineEncoder();
  const lines = [5, 6, 9].map((seq) => encoder.encode(seq, sampleEntry(0)));
  assert.deepEqual(lines.map(linesToOrigin), [0, 1, 4]);
  assert.throws(() => linesToOrigin('{"n":'), LineUnreadable);
});

const CALLERS: Readonly<Record<string, EntryCaller>> = {
  root: sampleEntry(0).caller,
  user: {
    accountId: '1234567890123456',
    type: 'ram-user',
    principalId: '200011112222333344',
    accessKeyId: 'LTAI5tExampleAccessKey01',
    userName: 'billing-app',
  },
  session: {
    accountId: '1234567890123456',
    type: 'assumed-role',
    principalId: '300099998888777766:batch-7',
    accessKeyId: 'STS.NUgYrLnoC37mZZCNnA5vY21k2',
    userName: 'BatchRole:batch-7',
    session: { startedAt: 1_800_000_000_000, assumedBy: '200011112222333344' },
  },
};

for (const [who, caller] of Object.entries(CALLERS)) {
  test(`the line of a data key generated by a ${who} stays below 400 bytes`, (t) => {
    const encoder = new LineEncoder();
    const requestId = crypto.randomUUID().toUpperCase();
    const lines = Array.from({ length: 100 }, (_, i) =>
      encoder.encode(i + 1_000_000, sampleEntry(i, { requestId, caller })),
    );
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 66, 0) / lines.length;
    t.diagnostic(`${bytes.toFixed(0)} bytes, the first ${Buffer.byteLength(lines[0] ?? '') + 66}`);
    assert.ok(bytes < 400, `${bytes}`);
  });
}
