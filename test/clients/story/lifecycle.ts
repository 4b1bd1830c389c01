import assert from 'node:assert/strict';
import { type Step, step } from './scene.ts';

const PLAINTEXT = 'SGVsbG8gd29ybGQ=';
const DAY_MS = 86_400_000;

/** How keys change their material, and say who may use them. */
export const LIFECYCLE: readonly Step[] = [
  step('a version sooner than a week after the last one is refused', 'CreateKeyVersion', async (scene) => {
    const { message } = await scene.refuses('Rejected.UnsupportedOperation', 400, 'CreateKeyVersion', {
      KeyId: scene.key,
    });
    assert.match(message ?? '', /7 days apart/);
  }),
  step('a key is rotated by a schedule', 'UpdateRotationPolicy', async (scene) => {
    const KeyId = scene.key;
    await scene.call('UpdateRotationPolicy', {
      KeyId,
      EnableAutomaticRotation: true,
      RotationInterval: '30d',
    });
    const described = await scene.call('DescribeKey', { KeyId });
    assert.equal(described.text('KeyMetadata.AutomaticRotation'), 'Enabled');
    assert.equal(described.text('KeyMetadata.RotationInterval'), '2592000s');
    const days = (Date.parse(described.text('KeyMetadata.NextRotationDate')) - Date.now()) / DAY_MS;
    assert.equal(Math.round(days), 30, 'days until NextRotationDate');
    await scene.call('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: false });
  }),
  step('the policy of a key is read and replaced', 'GetKeyPolicy SetKeyPolicy', async (scene) => {
    const KeyId = scene.key;
    const policy = (await scene.call('GetKeyPolicy', { KeyId, PolicyName: 'default' })).text('Policy');
    const { Statement, ...more } = JSON.parse(policy);
    const Deny = { Effect: 'Deny', Principal: Statement[0].Principal, Action: 'kms:Encrypt', Resource: '*' };
    const Policy = JSON.stringify({ ...more, Statement: [...Statement, Deny] });
    await scene.call('SetKeyPolicy', { KeyId, PolicyName: 'default', Policy });
    await scene.refuses('Forbidden.NoPermission', 403, 'Encrypt', { KeyId, Plaintext: PLAINTEXT });
    await scene.call('SetKeyPolicy', { KeyId, PolicyName: 'default', Policy: policy });
    await scene.call('Encrypt', { KeyId, Plaintext: PLAINTEXT });
  }),
  step('the policies of a key are listed', 'ListKeyPolicies', async (scene) => {
    const listed = await scene.call('ListKeyPolicies', { KeyId: scene.key });
    assert.deepEqual(listed.texts('PolicyNames.PolicyName'), ['default']);
  }),
];
