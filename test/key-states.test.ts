import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type Parameters, passingWith, startTestServer, type TestServer } from './server.ts';

type State = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';
const STATES: readonly State[] = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'];

/** What the answer is in each state, in the order of STATES; `-` is success (KMS semantics 8). */
const any = ['-', '-', '-', '-'];
const use = ['-', 'Rejected.Disabled', 'Rejected.PendingDeletion', 'Rejected.PendingImport'];
const alive = ['-', '-', 'Rejected.PendingDeletion', '-'];
const notTwice = ['-', '-', 'Rejected.StateModifiedFailed', '-'];
const onOff = ['-', '-', 'Rejected.StateModifiedFailed', 'Rejected.StateModifiedFailed'];
const cancel = [
  'Rejected.StateModifiedFailed',
  'Rejected.StateModifiedFailed',
  '-',
  'Rejected.StateModifiedFailed',
];

/** A key and what was made of it while it was Enabled. A PendingImport key never had material. */
interface Subject {
  readonly keyId: string;
  readonly versionId: string;
  readonly blob: string;
  readonly alias: string;
}

interface Case {
  readonly action: string;
  readonly answers: readonly string[];
  readonly parameters: (subject: Subject, other: Subject) => Parameters;
  /** Without material the request cannot even name what it needs. */
  readonly notInPendingImport?: true;
}

const byId = ({ keyId: KeyId }: Subject) => ({ KeyId });
const ofVersion = ({ keyId: KeyId, versionId: KeyVersionId }: Subject) => ({ KeyId, KeyVersionId });
const TAG = { TagKey: 'k', TagValue: 'v' };
const listed = ({ keyId }: Subject) => ({ ResourceType: 'key', 'ResourceId.1': keyId });

const CASES: readonly Case[] = [
  { action: 'DescribeKey', answers: any, parameters: byId },
  { action: 'ListKeyVersions', answers: any, parameters: byId },
  { action: 'DescribeKeyVersion', answers: any, parameters: ofVersion, notInPendingImport: true },
  { action: 'ListAliasesByKeyId', answers: any, parameters: byId },
  { action: 'ListResourceTags', answers: any, parameters: byId },
  { action: 'ListTagResources', answers: any, parameters: listed },
  { action: 'DeleteAlias', answers: any, parameters: ({ alias: AliasName }) => ({ AliasName }) },
  { action: 'Encrypt', answers: use, parameters: (s) => ({ ...byId(s), Plaintext: 'x' }) },
  {
    action: 'Decrypt',
    answers: use,
    parameters: ({ blob: CiphertextBlob }) => ({ CiphertextBlob }),
    notInPendingImport: true,
  },
  { action: 'GenerateDataKey', answers: use, parameters: byId },
  {
    action: 'UpdateRotationPolicy',
    answers: use,
    parameters: (s) => ({ ...byId(s), EnableAutomaticRotation: false }),
    notInPendingImport: true,
  },
  { action: 'GenerateDataKeyWithoutPlaintext', answers: use, parameters: byId },
  {
    action: 'ReEncrypt',
    answers: use,
    parameters: ({ blob: CiphertextBlob }, other) => ({ CiphertextBlob, DestinationKeyId: other.keyId }),
    notInPendingImport: true,
  },
  {
    action: 'ReEncrypt',
    answers: use,
    parameters: (s, { blob: CiphertextBlob }) => ({ CiphertextBlob, DestinationKeyId: s.keyId }),
  },
  { action: 'UpdateKeyDescription', answers: alive, parameters: (s) => ({ ...byId(s), Description: 'd' }) },
  { action: 'TagResource', answers: alive, parameters: (s) => ({ ...byId(s), Tags: JSON.stringify([TAG]) }) },
  { action: 'UntagResource', answers: alive, parameters: (s) => ({ ...byId(s), TagKeys: '["k"]' }) },
  {
    action: 'TagResources',
    answers: alive,
    parameters: (s) => ({ ...listed(s), 'Tag.1.Key': 'k', 'Tag.1.Value': 'v' }),
  },
  { action: 'UntagResources', answers: alive, parameters: (s) => ({ ...listed(s), 'TagKey.1': 'k' }) },
  {
    action: 'UpdateAlias',
    answers: alive,
    parameters: (s, { alias: AliasName }) => ({ ...byId(s), AliasName }),
  },
  {
    action: 'SetDeletionProtection',
    answers: alive,
    parameters: (s) => ({ ...byId(s), EnableDeletionProtection: true }),
  },
  { action: 'EnableKey', answers: onOff, parameters: byId },
  { action: 'DisableKey', answers: onOff, parameters: byId },
  {
    action: 'ScheduleKeyDeletion',
    answers: notTwice,
    parameters: (s) => ({ ...byId(s), PendingWindowInDays: 7 }),
  },
  {
    action: 'CreateAlias',
    answers: notTwice,
    parameters: (s) => ({ ...byId(s), AliasName: `${s.alias}-2` }),
  },
  { action: 'CancelKeyDeletion', answers: cancel, parameters: byId },
];

const DAY = 86_400_000;
let now = Date.parse('2026-03-01T12:00:00Z');
let server: TestServer;
before(async () => {
  const clock = () => now;
  server = await startTestServer({ KEYHOLD_KEY_QUOTA: '1000' }, clock, passingWith(clock));
});
after(() => server[Symbol.asyncDispose]());

async function ok(action: string, parameters: Parameters = {}): Promise<Answer['body']> {
  const { status, body } = await server.call(action, parameters);
  assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
  return body;
}

let count = 0;
async function subjectIn(state: State): Promise<Subject> {
  const Origin = state === 'PendingImport' ? 'EXTERNAL' : 'Aliyun_KMS';
  const { KeyId, PrimaryKeyVersion: versionId = '' } = (await ok('CreateKey', { Origin })).KeyMetadata;
  const AliasName = `alias/subject-${count++}`;
  await ok('CreateAlias', { KeyId, AliasName });
  const blob = versionId && (await ok('Encrypt', { KeyId, Plaintext: 'x' })).CiphertextBlob;
  if (state === 'Disabled') await ok('DisableKey', { KeyId });
  if (state === 'PendingDeletion') await ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  assert.equal((await ok('DescribeKey', { KeyId })).KeyMetadata.KeyState, state);
  return { keyId: KeyId, versionId, blob, alias: AliasName };
}

for (const { action, answers, parameters, notInPendingImport } of CASES) {
  test(`${action} in every state`, async () => {
    for (const [index, state] of STATES.entries()) {
      if (state === 'PendingImport' && notInPendingImport) continue;
      const subject = await subjectIn(state);
      const before = (await ok('DescribeKey', { KeyId: subject.keyId })).KeyMetadata;
      const { status, body } = await server.call(action, parameters(subject, await subjectIn('Enabled')));
      const code = answers[index];
      const seen = [status, status === 200 ? '-' : body.Code];
      assert.deepEqual(seen, code === '-' ? [200, '-'] : [409, code], `${state}: ${JSON.stringify(body)}`);
      if (code === '-') continue;
      const untouched = (await ok('DescribeKey', { KeyId: subject.keyId })).KeyMetadata;
      assert.deepEqual(untouched, before, 'a refused call changes nothing');
    }
  });
}

test('transitions lead where the document says', async () => {
  const stateOf = async (KeyId: string) => (await ok('DescribeKey', { KeyId })).KeyMetadata.KeyState;
  const steps: readonly (readonly [State, string, State])[] = [
    ['Enabled', 'DisableKey', 'Disabled'],
    ['Enabled', 'EnableKey', 'Enabled'],
    ['Disabled', 'DisableKey', 'Disabled'],
    ['Disabled', 'EnableKey', 'Enabled'],
    ['Enabled', 'ScheduleKeyDeletion', 'PendingDeletion'],
    ['Disabled', 'ScheduleKeyDeletion', 'PendingDeletion'],
    ['PendingImport', 'ScheduleKeyDeletion', 'PendingDeletion'],
    ['PendingDeletion', 'CancelKeyDeletion', 'Enabled'],
  ];
  for (const [from, action, to] of steps) {
    const { keyId: KeyId } = await subjectIn(from);
    await ok(action, { KeyId });
    assert.equal(await stateOf(KeyId), to, `${from} ${action}`);
  }
  const { keyId: KeyId } = await subjectIn('PendingImport');
  await ok('ScheduleKeyDeletion', { KeyId });
  await ok('CancelKeyDeletion', { KeyId });
  assert.equal(await stateOf(KeyId), 'PendingImport', 'without material it waits for it again');
});

test('a key is destroyed when its deletion date comes, and gone for every operation', async () => {
  const subject = await subjectIn('PendingDeletion');
  const other = await subjectIn('Enabled');
  now += 7 * DAY - 1000;
  await pause(2500);
  await ok('DescribeKey', byId(subject));
  now += 1000;
  await pause(2500);
  for (const { action, parameters } of CASES) {
    const { status, body } = await server.call(action, parameters(subject, other));
    const listed = /^(Tag|Untag|ListTag)Resources$/.test(action);
    // Its aliases went with it.
    const byAlias = action === 'DeleteAlias';
    const code = listed ? 'InvalidResourceId.NotFound' : `Forbidden.${byAlias ? 'Alias' : 'Key'}NotFound`;
    assert.deepEqual([status, body.Code], [404, code], action);
  }
});

test('a key under deletion protection cannot be scheduled', async () => {
  const { keyId: KeyId } = await subjectIn('Enabled');
  await ok('SetDeletionProtection', { KeyId, EnableDeletionProtection: true });
  const refused = await server.call('ScheduleKeyDeletion', { KeyId });
  assert.deepEqual([refused.status, refused.body.Code], [409, 'Rejected.StateModifiedFailed']);
  await ok('SetDeletionProtection', { KeyId, EnableDeletionProtection: false });
  await ok('ScheduleKeyDeletion', { KeyId });
});
