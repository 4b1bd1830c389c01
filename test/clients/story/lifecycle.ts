import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Scene, type Step, step } from './scene.ts';

const MATERIAL = randomBytes(32).toString('base64');
const PLAINTEXT = 'SGVsbG8gd29ybGQ=';
const DAY_MS = 86_400_000;

/** What the vendor's guide to importing does: a public key, material wrapped by the client's language, the import. */
async function importing(scene: Scene, KeyId: string, WrappingAlgorithm: string, material: string) {
  const asked = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' };
  const parameters = await scene.call('GetParametersForImport', asked);
  const publicKey = parameters.text('PublicKey');
  const wrapped = await scene.call('wrap', { publicKey, material, algorithm: WrappingAlgorithm });
  return { KeyId, EncryptedKeyMaterial: wrapped.text('data'), ImportToken: parameters.text('ImportToken') };
}

/** How keys come by their material, change it and say who may use them. */
export const LIFECYCLE: readonly Step[] = [
  step(
    'a key takes material made elsewhere, wrapped by OAEP with SHA-256',
    'CreateKey GetParametersForImport ImportKeyMaterial',
    async (scene) => {
      const made = await scene.call('CreateKey', { Origin: 'EXTERNAL' });
      assert.equal(made.text('KeyMetadata.Origin'), 'EXTERNAL');
      assert.equal(made.text('KeyMetadata.KeyState'), 'PendingImport');
      const KeyId = made.text('KeyMetadata.KeyId');
      const given = await importing(scene, KeyId, 'RSAES_OAEP_SHA_256', MATERIAL);
      await scene.call('ImportKeyMaterial', { ...given, KeyMaterialExpireUnix: 0 });
      assert.equal(await scene.keyState(KeyId), 'Enabled');
      scene.importedKey = KeyId;
    },
  ),
  step(
    'imported material is taken away and put back, by OAEP with SHA-1, until a day',
    'DeleteKeyMaterial ImportKeyMaterial',
    async (scene) => {
      const KeyId = scene.importedKey;
      const CiphertextBlob = (await scene.call('Encrypt', { KeyId, Plaintext: PLAINTEXT })).text(
        'CiphertextBlob',
      );
      await scene.call('DeleteKeyMaterial', { KeyId });
      assert.equal(await scene.keyState(KeyId), 'PendingImport');
      await scene.refuses('Rejected.PendingImport', 409, 'Decrypt', { CiphertextBlob });
      const other = await importing(scene, KeyId, 'RSAES_OAEP_SHA_1', randomBytes(32).toString('base64'));
      const KeyMaterialExpireUnix = Math.floor((Date.now() + 7 * DAY_MS) / 1000);
      await scene.refuses('InvalidKeyMaterial', 400, 'ImportKeyMaterial', {
        ...other,
        KeyMaterialExpireUnix,
      });
      const same = await importing(scene, KeyId, 'RSAES_OAEP_SHA_1', MATERIAL);
      await scene.call('ImportKeyMaterial', { ...same, KeyMaterialExpireUnix });
      const described = await scene.call('DescribeKey', { KeyId });
      const expires = Date.parse(described.text('KeyMetadata.MaterialExpireTime'));
      assert.equal(expires, KeyMaterialExpireUnix * 1000);
      assert.equal((await scene.call('Decrypt', { CiphertextBlob })).text('Plaintext'), PLAINTEXT);
    },
  ),
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
