import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Parameters, startTestServer, type TestServer } from '../server.ts';
import { describe, externalKey, importMaterial, importParameters, ok, wrap } from './importing.ts';

const STATES = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingImport'] as const;
const DAY = 86_400_000;

let now = Date.parse('2026-03-01T12:00:00Z');
let server: TestServer;
before(async () => {
  server = await startTestServer({}, () => now);
});
after(() => server[Symbol.asyncDispose]());

interface Subject {
  readonly KeyId: string;
  readonly material: Buffer;
  /** The expired kind of PendingImport looks like the other, to whoever asks. */
  readonly name: string;
}

/** A key in each state, more than 7 days old; imported keys that wait, once without and once with expired material. */
async function subjects(origin: 'EXTERNAL' | 'Aliyun_KMS'): Promise<Subject[]> {
  const made: Subject[] = [];
  const names = origin === 'EXTERNAL' ? [...STATES, 'expired'] : STATES.slice(0, 3);
  for (const name of names) {
    const material = randomBytes(32);
    const KeyId =
      origin === 'EXTERNAL' ? await externalKey(server) : (await ok(server, 'CreateKey')).KeyMetadata.KeyId;
    if (origin === 'EXTERNAL' && name !== 'PendingImport') {
      const more: Parameters =
        name === 'expired' ? { KeyMaterialExpireUnix: Math.floor(now / 1000) + 60 } : {};
      assert.equal((await importMaterial(server, KeyId, material, more)).status, 200);
    }
    if (name === 'Disabled') await ok(server, 'DisableKey', { KeyId });
    if (name === 'PendingDeletion')
      await ok(server, 'ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 30 });
    made.push({ KeyId, material, name });
  }
  now += 8 * DAY;
  return made;
}

type Ask = (subject: Subject) => Promise<readonly [action: string, parameters: Parameters]>;
const importAgain: Ask = async ({ KeyId, material }) => {
  const { PublicKey, ImportToken } = await importParameters(server, KeyId);
  return ['ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial: wrap(PublicKey, material) }];
};

type Case = readonly [title: string, 'EXTERNAL' | 'Aliyun_KMS', Ask, readonly string[]];

/** Parameters that are well formed, and no more. */
const IMPORTING = {
  WrappingAlgorithm: 'RSAES_OAEP_SHA_1',
  WrappingKeySpec: 'RSA_2048',
  EncryptedKeyMaterial: 'AAAA',
  ImportToken: 'AAAA',
};

/** KMS semantics 8, in the order of STATES and then of expired material, after 4.3: the kind comes first; `-` is success. */
const CASES: readonly Case[] = [
  ['ImportKeyMaterial', 'EXTERNAL', importAgain, ['-', '-', 'Rejected.StateModifiedFailed', '-', '-']],
  [
    'DeleteKeyMaterial',
    'EXTERNAL',
    async ({ KeyId }) => ['DeleteKeyMaterial', { KeyId }],
    ['-', '-', '-', '-', '-'],
  ],
  [
    'GetParametersForImport',
    'EXTERNAL',
    async ({ KeyId }) => [
      'GetParametersForImport',
      { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' },
    ],
    ['-', '-', '-', '-', '-'],
  ],
  [
    'CreateKeyVersion',
    'Aliyun_KMS',
    async ({ KeyId }) => ['CreateKeyVersion', { KeyId }],
    ['-', 'Rejected.Disabled', 'Rejected.PendingDeletion'],
  ],
  [
    'CreateKeyVersion of imported material',
    'EXTERNAL',
    async ({ KeyId }) => ['CreateKeyVersion', { KeyId }],
    Array<string>(5).fill('Rejected.UnsupportedOperation'),
  ],
  [
    'UpdateRotationPolicy of imported material',
    'EXTERNAL',
    async ({ KeyId }) => [
      'UpdateRotationPolicy',
      { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' },
    ],
    Array<string>(5).fill('Rejected.UnsupportedOperation'),
  ],
  ...['GetParametersForImport', 'ImportKeyMaterial', 'DeleteKeyMaterial'].map((action): Case => {
    const ask: Ask = async ({ KeyId }) => [action, { ...IMPORTING, KeyId }];
    return [`${action} of a key made here`, 'Aliyun_KMS', ask, Array<string>(3).fill('Unsupported.Origin')];
  }),
];

for (const [title, origin, ask, answers] of CASES) {
  test(`${title} in every state`, async () => {
    for (const [index, subject] of (await subjects(origin)).entries()) {
      const before = await describe(server, subject.KeyId);
      const { status, body } = await server.call(...(await ask(subject)));
      const wanted = answers[index];
      assert.equal(status === 200 ? '-' : body.Code, wanted, `${subject.name}: ${JSON.stringify(body)}`);
      if (wanted === '-') continue;
      assert.equal(status, wanted?.includes('Unsupported') ? 400 : 409);
      assert.deepEqual(await describe(server, subject.KeyId), before, 'a refused call changes nothing');
    }
  });
}
