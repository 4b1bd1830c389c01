import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { ROOT, startTestServer, type TestServer } from '../server.ts';
import { assertRefusal, type RawAnswer } from './raw-http.ts';
import { post, type Signed, signAcs3, signRpc } from './signed.ts';

/** Right in form, but nonsense in content: nothing here may reach the inside. */
suite('requests of every shape', () => {
  let server: TestServer;
  let KeyId = '';
  let CiphertextBlob = '';
  /** A key to which anything may happen. */
  let victim = '';
  before(async () => {
    server = await startTestServer();
    KeyId = (await server.call('CreateKey')).body.KeyMetadata.KeyId;
    victim = (await server.call('CreateKey')).body.KeyMetadata.KeyId;
    CiphertextBlob = (await server.call('Encrypt', { KeyId, Plaintext: 'p' })).body.CiphertextBlob;
  });
  after(() => server[Symbol.asyncDispose]());

  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.json({ maxDepth: 4 }),
    fc.constantFrom(
      '',
      'null',
      '[]',
      '{}',
      '"',
      '-1',
      '1e999',
      '0x10',
      '١',
      '\0',
      '\ufeff',
      '__proto__',
      '{"__proto__":"x"}',
      '{"constructor":{"prototype":1}}',
      '["\\ud800"]',
      '{"a":"\\ud800"}',
      `${'['.repeat(20_000)}`,
      `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
      'A'.repeat(40_000),
      "'; drop table keys; --",
      '%00',
      '../../etc/passwd',
      'acs:kms:::key/',
      'acs:kms:cn-hangzhou:1000000000000001:key/x',
      'alias/',
      'alias/../x',
      '99999999999999999999',
    ),
  );
  const names = [
    ...[
      'KeyId',
      'Plaintext',
      'CiphertextBlob',
      'EncryptionContext',
      'Tags',
      'TagKeys',
      'Filters',
      'AliasName',
    ],
    ...['PageNumber', 'PageSize', 'NumberOfBytes', 'KeySpec', 'DryRun', 'PendingWindowInDays', 'Description'],
    ...['ResourceId.1', 'ResourceType', 'Tag.1.Key', 'Tag.1.Value', 'Tag.0.Key', 'TagKey.1', 'NextToken'],
    ...[
      'Filters.1.Key',
      'Filters.1.Values.1',
      'EncryptionContext.a',
      'EncryptionContext.__proto__',
      'RegionId',
    ],
    ...[
      'DestinationKeyId',
      'KeyVersionId',
      'EnableDeletionProtection',
      'ProtectedResourceArn',
      'Origin',
      'All',
    ],
  ];
  const actions = [
    ...[
      'CreateKey',
      'DescribeKey',
      'ListKeys',
      'UpdateKeyDescription',
      'SetDeletionProtection',
      'CreateAlias',
    ],
    ...['UpdateAlias', 'DeleteAlias', 'ListAliases', 'ListAliasesByKeyId', 'Encrypt', 'Decrypt', 'ReEncrypt'],
    ...['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'TagResource', 'UntagResource', 'TagResources'],
    ...['UntagResources', 'ListTagResources', 'ListResourceTags', 'DescribeKeyVersion', 'ListKeyVersions'],
    ...['DescribeRegions', 'DescribeAccountKmsStatus', 'ScheduleKeyDeletion', 'constructor', '__proto__', ''],
  ];
  const parameters = fc.dictionary(fc.constantFrom(...names), nasty, { maxKeys: 6, noNullPrototype: true });

  /** A success or a refusal; a server error is a bug. */
  function assertSound(answer: RawAnswer, what: string): void {
    if (answer.status !== 200) assertRefusal(answer, what);
  }
  const assertServes = async () => {
    assert.equal((await server.call('Decrypt', { CiphertextBlob })).body.Plaintext, 'p');
  };
  const runs = (numRuns: number) => ({ numRuns });

  test('signed parameters of any text, in both styles', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...actions),
        parameters,
        fc.constantFrom(signRpc, signAcs3),
        fc.boolean(),
        fc.constantFrom('JSON', 'XML'),
        async (action, given, sign, real, Format) => {
          const named = real ? { ...given, KeyId: victim, CiphertextBlob, DestinationKeyId: victim } : given;
          const answer = await post(server.url, sign(action, { ...named, Format }, ROOT));
          assertSound(answer, `${action} ${JSON.stringify(given)}`);
          assert.notEqual(/<Code>SignatureD|"SignatureD/.test(answer.body), true, 'signed as it should be');
        },
      ),
      runs(350),
    );
    await assertServes();
  });

  for (const name of ['EncryptionContext', 'Tags', 'Filters', 'CiphertextBlob', 'PageNumber', 'NextToken']) {
    test(`${name} of any text`, async () => {
      const [action = '', more = {}] = {
        EncryptionContext: ['Encrypt', { KeyId, Plaintext: 'x' }] as const,
        Tags: ['TagResource', { KeyId }] as const,
        Filters: ['ListKeys', {}] as const,
        CiphertextBlob: ['Decrypt', {}] as const,
        PageNumber: ['ListKeys', {}] as const,
        NextToken: ['ListTagResources', { ResourceType: 'key' }] as const,
      }[name] ?? ['', {}];
      await fc.assert(
        fc.asyncProperty(nasty, async (value) => {
          const answer = await post(server.url, signRpc(action, { ...more, [name]: value }, ROOT));
          assertSound(answer, `${name} ${value}`);
        }),
        runs(60),
      );
    });
  }

  test('a blob with any byte changed does not open', async () => {
    const blob = Buffer.from(CiphertextBlob, 'base64');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(blob.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(blob.length),
        async (at, change, cut) => {
          const changed = Buffer.from(blob);
          changed[at] = (changed[at] ?? 0) ^ change;
          for (const bytes of [changed, blob.subarray(0, Math.max(cut - 1, 0))]) {
            const answer = await server.call('Decrypt', { CiphertextBlob: bytes.toString('base64') });
            assert.ok(answer.status === 400 || answer.status === 404, JSON.stringify(answer.body));
          }
        },
      ),
      runs(60),
    );
    await assertServes();
  });

  /** Changes one thing in what was signed. */
  const spoil = fc.record({
    where: fc.constantFrom(
      'target',
      'authorization',
      'x-acs-date',
      'x-acs-signature-nonce',
      'x-acs-action',
      'body',
    ),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    to: fc.string({ minLength: 1, maxLength: 3 }).filter((text) => /^[!-~]*$/.test(text)),
  });

  test('nothing that was changed after signing is carried out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(signRpc, signAcs3), spoil, async (sign, { where, at, to }) => {
        const signed = sign('CreateKey', { Description: 'never' }, ROOT);
        const changed = spoiled(signed, where, at, to);
        if (changed === undefined) return;
        const answer = await post(server.url, changed);
        // What only changes the answer's form, or is not covered by the RPC signature, may pass.
        if (answer.status === 200)
          assert.ok(sign === signRpc && where !== 'target', `${where} ${changed.target}`);
        else assertRefusal(answer, changed.target);
      }),
      runs(200),
    );
    await assertServes();
  });

  function spoiled(signed: Signed, where: string, at: number, to: string): Signed | undefined {
    const put = (text: string, from: number) => {
      const index = from + Math.floor(at * (text.length - from));
      return text.slice(0, index) + to + text.slice(index + to.length);
    };
    if (where === 'target') {
      const target = put(signed.target, 1);
      const same =
        [...new URLSearchParams(target.slice(2))].join('&') ===
        [...new URLSearchParams(signed.target.slice(2))].join('&');
      return same || target.includes('#') ? undefined : { ...signed, target };
    }
    if (where === 'body') return { ...signed, body: to };
    const value = signed.headers[where];
    if (value === undefined) return undefined;
    const changed = put(value, 0);
    return changed === value ? undefined : { ...signed, headers: { ...signed.headers, [where]: changed } };
  }
});
