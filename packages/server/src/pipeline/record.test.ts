import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import fc from 'fast-check';
import type { Call } from './call-state.ts';
import { entryOf, intentOf, isRecorded } from './record.ts';

const operations = [...KMS.operations.values()];
const find = (action: string): Operation => KMS.operations.get(action) ?? assert.fail(action);

/** A call that went all the way. */
const callOf = (operation: Operation, parameters: Record<string, unknown> = {}): Call => ({
  requestId: 'R',
  time: 5,
  raw: {
    method: 'POST',
    target: '/?Plaintext=in-the-target',
    headers: { 'user-agent': 'a client', authorization: 'in-a-header' },
    body: Buffer.from('in-the-body'),
    remoteAddress: '10.0.0.1',
    tls: true,
  },
  request: {
    style: 'RPC',
    version: '2016-01-20',
    action: operation.action,
    parameters: new Map([['Plaintext', 'in-the-request']]),
    regionId: undefined,
    signature: {
      accessKeyId: 'LTAI',
      securityToken: 'a-security-token',
      timestamp: 4,
      replayToken: 'nonce',
      verify: () => new Map(),
    },
  },
  operation,
  caller: { accountId: '1', type: 'root-account', principalId: '1', accessKeyId: 'LTAI' },
  home: { accountId: '1', region: 'cn-hangzhou' },
  parameters,
  resources: [],
  decision: { allowed: true, reasons: ['root of the account'] },
});

test('no value outside of the allow-list is ever in an entry', () => {
  const member = (names: readonly string[]) => fc.constantFrom(...names, 'Unnamed', 'toString');
  const caseOf = fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      given: fc.uniqueArray(member(Object.keys(operation.request.shape))),
      answered: fc.uniqueArray(member(Object.keys(operation.response.shape))),
      refused: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(caseOf, ({ operation, given, answered, refused }) => {
      const values = (names: readonly string[], side: string) =>
        Object.fromEntries(names.map((name) => [name, { deep: [`${side}-${name}-value`] }]));
      const call = callOf(operation, values(given, 'given'));
      const outcome = refused
        ? { refusal: new ApiError('Forbidden.KeyNotFound') }
        : { result: values(answered, 'answered') };
      const { trail } = operation;
      for (const [entry, final] of [
        [entryOf(call, outcome), true],
        [intentOf(call), false],
      ] as const) {
        const text = JSON.stringify(entry);
        for (const name of given) {
          assert.equal(text.includes(`given-${name}-value`), trail.request.includes(name), name);
        }
        for (const name of answered) {
          const kept = final && !refused && trail.response.includes(name);
          assert.equal(text.includes(`answered-${name}-value`), kept, name);
        }
        assert.doesNotMatch(text, /in-the-|in-a-header|a-security-token/);
      }
    }),
  );
});

test('an entry says who did what to what, from where, and how it ended', () => {
  const call = callOf(find('DescribeKey'), { KeyId: 'k' });
  const base = {
    kind: 'call',
    time: 5,
    requestId: 'R',
    version: '2016-01-20',
    action: 'DescribeKey',
    region: 'cn-hangzhou',
    caller: call.caller,
    sourceIp: '10.0.0.1',
    userAgent: 'a client',
    tls: true,
    parameters: { KeyId: 'k' },
    resources: [],
    reasons: ['root of the account'],
    replay: { token: 'nonce', timestamp: 4 },
  };
  assert.deepEqual(entryOf(call, { result: { KeyMetadata: {} } }), base);
  const refusal = new ApiError('Forbidden.KeyNotFound');
  assert.deepEqual(entryOf(call, { refusal }), {
    ...base,
    errorCode: 'Forbidden.KeyNotFound',
    errorMessage: 'The specified Key is not found.',
  });
  const created = callOf(find('CreateKey'));
  assert.deepEqual(entryOf(created, { result: { KeyMetadata: { KeyId: 'k' } } }).response, {
    KeyMetadata: { KeyId: 'k' },
  });
  assert.equal('response' in intentOf(created), false);
  assert.equal(intentOf(created).kind, 'intent');
});

test('a call refused on the way is recorded as far as it got', () => {
  const { parameters: _, resources: __, decision: ___, ...early } = callOf(find('Encrypt'));
  const entry = entryOf(early, { refusal: new ApiError('MissingParameter', { parameter: 'KeyId' }) });
  assert.deepEqual([entry.parameters, entry.resources, entry.reasons], [{}, [], []]);
  assert.equal(entry.errorCode, 'MissingParameter');
});

test('the resources are those that permission was asked for', () => {
  const ask = { action: 'a', resource: 'acs:key', shown: 'acs:alias', owner: '1' } as const;
  const resource = {
    ask,
    kind: 'key',
    parameter: 'KeyId',
    key: undefined,
    alias: undefined,
    ciphertext: undefined,
    policy: undefined,
    tags: [],
    missing: undefined,
  } as const;
  const entry = entryOf({ ...callOf(find('DescribeKey')), resources: [resource] }, { result: {} });
  assert.deepEqual(entry.resources, ['acs:key']);
});

test('a client cannot fill the disk with its name', () => {
  const call = callOf(find('DescribeKey'));
  const headers = { 'user-agent': 'x'.repeat(100_000) };
  assert.equal(entryOf({ ...call, raw: { ...call.raw, headers } }, { result: {} }).userAgent.length, 256);
  const none = { ...call, raw: { ...call.raw, headers: {} } };
  assert.equal(entryOf(none, { result: {} }).userAgent, '');
});

test('recorded is what a known caller does, but DescribeRegions', () => {
  for (const operation of operations) {
    const call = callOf(operation);
    assert.equal(isRecorded(call), operation.action !== 'DescribeRegions', operation.action);
    const { caller: _, ...stranger } = call;
    assert.equal(isRecorded(stranger), false);
    assert.throws(() => entryOf(stranger, { result: {} }), /unidentified/);
  }
});
