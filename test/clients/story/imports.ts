import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { oaepWithMgf1, wrapByOpenssl } from '../../key-lifecycle/importing.ts';
import type { Import, ProtectionLevel } from '../yesterday.ts';
import { NotOffered, type Scene, type Step, step } from './scene.ts';

const newMaterial = (bytes = 32): string => randomBytes(bytes).toString('base64');
const MATERIAL = newMaterial();
const PLAINTEXT = 'SGVsbG8gd29ybGQ=';
const DAY_MS = 86_400_000;
const inDays = (days: number): number => Math.floor((Date.now() + days * DAY_MS) / 1000);

interface Kind {
  readonly level: ProtectionLevel;
  /** As titles have it; "" is a key in software. */
  readonly where: string;
  /** Of the first import, as titles have it too. */
  readonly hash: '1' | '256';
  /** The same hash for OAEP, and what it must not be for MGF1. */
  readonly wrongHash: string;
}

const KINDS: readonly Kind[] = [
  // What Java does that is not told the hash of MGF1.
  { level: 'SOFTWARE', where: '', hash: '256', wrongHash: oaepWithMgf1('sha256', 'sha1') },
  { level: 'HSM', where: ' in the HSM', hash: '1', wrongHash: oaepWithMgf1('sha1', 'sha256') },
];

async function created(scene: Scene, level: ProtectionLevel): Promise<string> {
  const asked = level === 'HSM' ? { ProtectionLevel: level } : {};
  const made = await scene.call('CreateKey', { Origin: 'EXTERNAL', ...asked });
  assert.equal(made.text('KeyMetadata.Origin'), 'EXTERNAL');
  assert.equal(made.text('KeyMetadata.KeyState'), 'PendingImport');
  assert.equal(made.text('KeyMetadata.ProtectionLevel'), level);
  return made.text('KeyMetadata.KeyId');
}

/** Without a key, because an earlier step failed or because the client makes none in the HSM. */
function none(level: ProtectionLevel): never {
  if (level === 'HSM') throw new NotOffered('CreateKey ProtectionLevel');
  assert.fail('no key has material: an earlier step failed');
}

const keyOf = (scene: Scene, level: ProtectionLevel): string => scene.importedKeys.get(level) ?? none(level);

/** What the vendor's guide to importing does: a public key, material wrapped by the client's language, the import. */
async function importing(scene: Scene, KeyId: string, hash: Kind['hash'], material: string) {
  const algorithm = `RSAES_OAEP_SHA_${hash}`;
  const asked = { KeyId, WrappingAlgorithm: algorithm, WrappingKeySpec: 'RSA_2048' };
  const parameters = await scene.call('GetParametersForImport', asked);
  const publicKey = parameters.text('PublicKey');
  const wrap = async (bytes: string) =>
    (await scene.call('wrap', { publicKey, material: bytes, algorithm })).text('data');
  const given: Import = {
    KeyId,
    EncryptedKeyMaterial: await wrap(material),
    ImportToken: parameters.text('ImportToken'),
  };
  return { given, publicKey, wrap };
}

/** What an import that is taken would change. */
async function seen(scene: Scene, KeyId: string): Promise<string[]> {
  const key = await scene.call('DescribeKey', { KeyId });
  const members = ['KeyState', 'MaterialExpireTime', 'PrimaryKeyVersion', 'LastRotationDate'];
  return members.map((name) => key.text(`KeyMetadata.${name}`));
}

const encrypted = async (scene: Scene, KeyId: string): Promise<string> =>
  (await scene.call('Encrypt', { KeyId, Plaintext: PLAINTEXT })).text('CiphertextBlob');
const opens = async (scene: Scene, CiphertextBlob: string) =>
  assert.equal((await scene.call('Decrypt', { CiphertextBlob })).text('Plaintext'), PLAINTEXT);

/** Operations have their marks from keys in software: a client that makes none in the HSM has them all the same. */
const operations = (level: ProtectionLevel, names: string): string => (level === 'SOFTWARE' ? names : '');

const steps = ({ level, where, hash, wrongHash }: Kind): Step[] => [
  step(
    `a key${where} takes material made elsewhere, wrapped by OAEP with SHA-${hash}`,
    operations(level, 'CreateKey GetParametersForImport ImportKeyMaterial'),
    async (scene) => {
      const KeyId = await created(scene, level);
      const { given } = await importing(scene, KeyId, hash, MATERIAL);
      await scene.call('ImportKeyMaterial', { ...given, KeyMaterialExpireUnix: 0 });
      assert.equal(await scene.keyState(KeyId), 'Enabled');
      scene.importedKeys.set(level, KeyId);
    },
  ),
  step(
    `imported material${where} is taken away and put back, by OAEP with SHA-1, until a day`,
    operations(level, 'DeleteKeyMaterial ImportKeyMaterial'),
    async (scene) => {
      const KeyId = keyOf(scene, level);
      const CiphertextBlob = await encrypted(scene, KeyId);
      await scene.call('DeleteKeyMaterial', { KeyId });
      assert.equal(await scene.keyState(KeyId), 'PendingImport');
      await scene.refuses('Rejected.PendingImport', 409, 'Decrypt', { CiphertextBlob });
      const KeyMaterialExpireUnix = inDays(7);
      const { given, wrap } = await importing(scene, KeyId, '1', MATERIAL);
      const same = { ...given, KeyMaterialExpireUnix };
      const other = { ...same, EncryptedKeyMaterial: await wrap(newMaterial()) };
      await scene.refuses('InvalidKeyMaterial', 400, 'ImportKeyMaterial', other);
      assert.equal(await scene.keyState(KeyId), 'PendingImport');
      await scene.call('ImportKeyMaterial', same);
      const described = await scene.call('DescribeKey', { KeyId });
      const expires = Date.parse(described.text('KeyMetadata.MaterialExpireTime'));
      assert.equal(expires, KeyMaterialExpireUnix * 1000);
      await opens(scene, CiphertextBlob);
    },
  ),
  step(
    `material${where} that is wrapped by another hash for MGF1, too short, or another one is refused, and changes nothing`,
    operations(level, 'ImportKeyMaterial'),
    async (scene) => {
      const KeyId = keyOf(scene, level);
      const CiphertextBlob = await encrypted(scene, KeyId);
      const { given, publicKey, wrap } = await importing(scene, KeyId, hash, MATERIAL);
      // Another expiry than before would show that something was taken.
      const unlike = { ...given, KeyMaterialExpireUnix: inDays(14) };
      const before = await seen(scene, KeyId);
      for (const EncryptedKeyMaterial of [
        await wrapByOpenssl(publicKey, Buffer.from(MATERIAL, 'base64'), wrongHash),
        await wrap(newMaterial(31)),
        await wrap(newMaterial()),
      ]) {
        const asked = { ...unlike, EncryptedKeyMaterial };
        await scene.refuses('InvalidKeyMaterial', 400, 'ImportKeyMaterial', asked);
        assert.deepEqual(await seen(scene, KeyId), before);
      }
      await opens(scene, CiphertextBlob);
      await scene.call('ImportKeyMaterial', unlike);
      assert.notDeepEqual(await seen(scene, KeyId), before, 'with nothing wrong it does change the key');
    },
  ),
  step(
    `an import token${where} of another key, or older than 24 hours, is refused, and changes nothing`,
    operations(level, 'ImportKeyMaterial'),
    async (scene) => {
      const { stale } = scene.server;
      const [KeyId, other] = [keyOf(scene, level), await created(scene, level)];
      const { given: ofOther } = await importing(scene, other, hash, MATERIAL);
      for (const [code, asked] of [
        ['InvalidImportToken', { ...ofOther, KeyId }],
        ['ExpiredImportToken', stale[level]],
      ] as const) {
        const before = await seen(scene, asked.KeyId);
        const unlike = { ...asked, KeyMaterialExpireUnix: inDays(21) };
        await scene.refuses(code, 400, 'ImportKeyMaterial', unlike);
        assert.deepEqual(await seen(scene, asked.KeyId), before);
      }
      assert.equal(await scene.keyState(stale[level].KeyId), 'PendingImport');
      assert.equal(await scene.keyState(other), 'PendingImport');
      await opens(scene, await encrypted(scene, KeyId));
    },
  ),
];

/** How keys come by material that was made elsewhere, in software and in SoftHSM. */
export const IMPORTS: readonly Step[] = [
  ...KINDS.flatMap(steps),
  step(
    'OAEP with SHA-256, which SoftHSM does not know, is refused before anything is wrapped',
    operations('HSM', 'GetParametersForImport'),
    async (scene) => {
      const asked = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
      const KeyId = keyOf(scene, 'HSM');
      const operation = 'GetParametersForImport';
      const { message } = await scene.refuses('UnsupportedOperation', 400, operation, { KeyId, ...asked });
      assert.match(message ?? '', /use another WrappingAlgorithm, such as RSAES_OAEP_SHA_1/);
    },
  ),
];
