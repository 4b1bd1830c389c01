import assert from 'node:assert/strict';
import { constants, createPublicKey, publicEncrypt, randomBytes, randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { oracle } from '../hsm/conformance/oracle.ts';
import { openPkcs11Token } from '../hsm/pkcs11-token.ts';
import { softwareToken } from '../hsm/software-token.ts';
import { newSoftHsm, SOFT_HSM_UNSUPPORTED } from '../hsm/test-kit/soft-hsm.ts';
import { type Token, TokenUnavailable } from '../hsm/token.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { parseCiphertext } from './ciphertext.ts';
import { type EngineUnderTest, engineConformance } from './conformance/engine-suite.ts';
import { DomainKey } from './domain-key.ts';
import { MaterialGone } from './engine.ts';
import type { Key } from './key.ts';
import { TokenEngine } from './token-engine.ts';

const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const hsm = newSoftHsm();
after(() => hsm[Symbol.dispose]());

const over = (token: Token, unsupported: EngineUnderTest['unsupported'] = []): EngineUnderTest => ({
  level: 'HSM',
  suiteOf: { Aliyun_AES_256: 3, Aliyun_AES_192: 3, Aliyun_AES_128: 3 },
  engine: (now = Date.now, messages) => new TokenEngine(token, domainKey, ['cn-hangzhou'], now, messages),
  unsupported,
  close: () => token.close(),
});

engineConformance('the engine over the software token', async () => over(softwareToken()));
engineConformance('the engine over SoftHSM', async () =>
  over(await openPkcs11Token(hsm.settings), SOFT_HSM_UNSUPPORTED),
);

/** A software token that fails where told to, before or after it has done what was asked. */
function setUp() {
  const real = softwareToken();
  const world = {
    now: 1_000_000,
    fails: (_: string): 'before' | 'after' | undefined => undefined,
    calls: [] as string[],
  };
  const token = new Proxy(real, {
    get(target, name: keyof Token) {
      const method = target[name];
      if (typeof method !== 'function' || name === 'health') return method;
      return async (...args: never[]) => {
        world.calls.push(name);
        const failure = world.fails(name);
        if (failure === 'before') throw new TokenUnavailable('on purpose');
        const result = await (method as (...all: never[]) => Promise<unknown>)(...args);
        if (failure === 'after') throw new TokenUnavailable('on purpose');
        return result;
      };
    },
  });
  const engine = new TokenEngine(token, domainKey, ['cn-hangzhou'], () => world.now);
  const labels = () => real.list('');
  return { engine, token: real, world, labels };
}

const keyOf = (changes: Partial<Key> = {}): Key =>
  sampleKey({ protectionLevel: 'HSM', primaryVersionId: randomUUID(), ...changes });

async function importer({ engine }: ReturnType<typeof setUp>, key: Key) {
  const { publicKey, handle } = await engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1');
  const rsa = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  return (material: Uint8Array, known: Uint8Array | null = null) => {
    const wrapped = publicEncrypt({ key: rsa, ...padding }, material);
    const given = { handle, algorithm: 'RSAES_OAEP_SHA_1', wrapped } as const;
    return engine.importMaterial(key, key.primaryVersionId ?? '', given, known);
  };
}

test('a blob is what the layout says: the salt is the seed, the header is authenticated, the token commits', async () => {
  const set = setUp();
  const key = keyOf({ origin: 'EXTERNAL' });
  const version = key.primaryVersionId ?? '';
  const material = randomBytes(32);
  const { kept } = (await (await importer(set, key))(material)) ?? assert.fail();
  const opened = await set.engine.open(key, version, kept);
  for (let count = 0; count < 2; count++) {
    const blob = await opened.encrypt(Buffer.from('plain'), { b: 'c' });
    const [header, salt, nonce] = [blob.subarray(0, 110), blob.subarray(34, 66), blob.subarray(66, 78)];
    assert.equal(nonce.toString('hex'), `0000000000000000${count.toString(16).padStart(8, '0')}`);
    const ids = Buffer.from(`0103${key.keyId}${version}`.replaceAll('-', ''), 'hex');
    assert.deepEqual(blob.subarray(0, 34), ids);
    assert.deepEqual(blob.subarray(78, 110), oracle.mac(material, 'keyhold token commitment v1:', salt));
    const context = Buffer.from('\0\0\0\x01b\0\0\0\x01c', 'latin1');
    const bound = Buffer.concat([header, context]);
    assert.deepEqual(blob.subarray(110), oracle.seal(material, salt, nonce, bound, Buffer.from('plain')));

    // One that authenticates but commits to another key does not open.
    const claimed = Buffer.from(header.map((byte, at) => (at === 100 ? byte ^ 1 : byte)));
    const sealed = oracle.seal(
      material,
      salt,
      nonce,
      Buffer.concat([claimed, context]),
      Buffer.from('plain'),
    );
    const forged = parseCiphertext('CiphertextBlob', Buffer.concat([claimed, sealed]).toString('base64'));
    await assert.rejects(async () => opened.decrypt(forged, { b: 'c' }), { code: 'InvalidParameter' });
  }
});

test('one salt asks the token once for its commitment, however many begin', async () => {
  const { engine, world } = setUp();
  const key = keyOf();
  const version = key.primaryVersionId ?? '';
  const opened = await engine.open(key, version, await engine.generate(key, version));
  world.calls = [];
  const blobs = await Promise.all(
    Array.from({ length: 20 }, () => opened.encrypt(randomBytes(9), undefined)),
  );
  for (const blob of blobs) {
    await opened.decrypt(parseCiphertext('CiphertextBlob', blob.toString('base64')), undefined);
  }
  assert.deepEqual(
    world.calls.filter((name) => name !== 'seal' && name !== 'open'),
    ['commitment'],
  );
});

test('a token that fails while an epoch is begun is asked again by the next', async () => {
  const { engine, world } = setUp();
  const key = keyOf();
  const version = key.primaryVersionId ?? '';
  const opened = await engine.open(key, version, await engine.generate(key, version));
  world.fails = () => 'before';
  await assert.rejects(async () => opened.encrypt(randomBytes(9), undefined), TokenUnavailable);
  world.fails = () => undefined;
  await opened.encrypt(randomBytes(9), undefined);
});

test('what is not stored in the end leaves nothing in the token', async () => {
  const set = setUp();
  const { engine, world, labels } = set;
  const key = keyOf({ origin: 'EXTERNAL' });
  const send = await importer(set, key);
  const pairs = await labels();
  const first = (await send(randomBytes(32))) ?? assert.fail();
  for (const [material, known] of [
    [randomBytes(32), first.fingerprint],
    [randomBytes(31), null],
    [randomBytes(16), null],
  ] as const) {
    assert.equal(await send(material, known), undefined);
  }
  await engine.discard(key, key.primaryVersionId ?? '', first.kept);
  assert.deepEqual(await labels(), pairs);
  world.fails = (name) => (name === 'destroy' ? 'before' : undefined);
  await engine.discard(key, 'v', await engine.generate(key, 'v'));
  assert.equal((await labels()).length, pairs.length + 1, 'the sweep finds it');
  await engine.discard(
    key,
    'v',
    first.kept.map((byte) => byte ^ 1),
  );
});

test('what the store names of imported material is held, as long as it is there and the same', async () => {
  const set = setUp();
  const { engine, token, world } = set;
  const key = keyOf({ origin: 'EXTERNAL' });
  const id = key.primaryVersionId ?? '';
  const send = await importer(set, key);
  const { kept, fingerprint } = (await send(randomBytes(32))) ?? assert.fail();
  assert.equal(await engine.holds(key, id, kept, fingerprint), true);
  assert.equal(await engine.holds(key, id, kept, randomBytes(32)), false);
  assert.equal(await engine.holds(key, 'another', kept, fingerprint), false);
  world.fails = () => 'before';
  await assert.rejects(engine.holds(key, id, kept, fingerprint), TokenUnavailable);
  world.fails = () => undefined;
  await token.destroy(engine.labelOf(key, id, kept));
  assert.equal(await engine.holds(key, id, kept, fingerprint), false);
});

test('what does not fit costs the token as much as other material', async () => {
  const set = setUp();
  const key = keyOf({ origin: 'EXTERNAL' });
  const send = await importer(set, key);
  const { fingerprint } = (await send(randomBytes(32))) ?? assert.fail();
  const callsOf = async (material: Uint8Array) => {
    set.world.calls = [];
    assert.equal(await send(material, fingerprint), undefined);
    return set.world.calls;
  };
  assert.deepEqual(await callsOf(randomBytes(32)), ['importKey', 'fingerprint', 'destroy']);
  assert.deepEqual(await callsOf(randomBytes(31)), ['importKey', 'makeKey', 'fingerprint', 'destroy']);
});

test('an erasure takes all that was made for the key until then, and says where it cannot', async () => {
  const { engine, world, labels } = setUp();
  const [key, other] = [keyOf({ revision: 3 }), keyOf()];
  await engine.generate({ ...key, revision: 1 }, 'v1');
  await engine.generate(key, 'v2');
  await engine.generate(other, 'v');
  const later = engine.labelOf(key, 'v3', await engine.generate({ ...key, revision: 4 }, 'v3'));
  world.fails = (name) => (name === 'destroy' ? 'before' : undefined);
  await assert.rejects(engine.erase(key), TokenUnavailable);
  assert.equal((await labels()).length, 4);
  world.fails = () => undefined;
  assert.equal(await engine.erase(key), true);
  assert.equal(await engine.erase(keyOf()), true, 'nothing was made for it');
  const left = await labels();
  assert.deepEqual([left.length, left.includes(later)], [2, true]);
});

test('a token with nothing of this server may be another one: what is not there is not erased', async () => {
  const { engine } = setUp();
  assert.equal(await engine.erase(keyOf()), false);
});

test('material that was taken out of the token is told from a ciphertext that is wrong', async () => {
  const { engine, token } = setUp();
  const key = keyOf();
  const version = key.primaryVersionId ?? '';
  const kept = await engine.generate(key, version);
  const opened = await engine.open(key, version, kept);
  const blob = parseCiphertext(
    'CiphertextBlob',
    (await opened.encrypt(randomBytes(9), undefined)).toString('base64'),
  );
  await token.destroy(engine.labelOf(key, version, kept));
  for (const work of [
    () => opened.decrypt(blob, undefined),
    () => opened.encrypt(randomBytes(9), undefined),
  ]) {
    await assert.rejects(
      async () => work(),
      (error: Error) => error instanceof MaterialGone && error.message.includes(key.keyId),
    );
  }
});

test('pairs of a key are few, and one that is gone is said to be', async () => {
  const set = setUp();
  const key = keyOf({ origin: 'EXTERNAL' });
  const send = await importer(set, key);
  for (let count = 1; count < 10; count++) await set.engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1');
  await assert.rejects(set.engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1'), {
    code: 'Rejected.LimitExceeded',
  });
  await set.engine.makeWrapping(keyOf(), 'RSA_2048', 'RSAES_OAEP_SHA_1');
  for (const label of await set.token.list('')) await set.token.destroy(label);
  await assert.rejects(send(randomBytes(32)), { code: 'InvalidImportToken' });
});

test('pairs of a key are few also where all are asked for at once, and those whose time is over do not count', async () => {
  const { engine, world, labels } = setUp();
  const key = keyOf({ origin: 'EXTERNAL' });
  const asked = async (count: number) => {
    const asking = Array.from({ length: count }, () =>
      engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1'),
    );
    return (await Promise.allSettled(asking)).filter(({ status }) => status === 'fulfilled').length;
  };
  assert.equal(await asked(7), 7);
  assert.equal(await asked(7), 3);
  world.now += 24 * 3_600_000;
  assert.equal(await asked(1), 1);
  assert.equal((await labels()).length, 11);
});

test('it is offered in its regions alone, without SM4', () => {
  const { engine } = setUp();
  assert.equal(engine.specsIn('cn-beijing'), undefined);
  assert.equal(engine.specsIn('cn-hangzhou')?.has('Aliyun_SM4'), false);
});
