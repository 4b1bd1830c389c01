import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import pkcs11, { type Handle, type PKCS11 } from 'pkcs11js';
import { loadLibrary } from './pkcs11/library.ts';
import { returnValue } from './pkcs11/return-values.ts';
import { openPkcs11Token, type Pkcs11Token } from './pkcs11-token.ts';
import { isInMemory } from './test-kit/memory.ts';
import { newSoftHsm } from './test-kit/soft-hsm.ts';

const hsm = newSoftHsm();
const SEED = new Uint8Array(32);
const NONCE = new Uint8Array(12);
const MASK = 0x5a;
let token: Pkcs11Token;
before(async () => {
  token = await openPkcs11Token(hsm.settings);
});
after(async () => {
  await token.close();
  hsm[Symbol.dispose]();
});

/** A customer: makes material that this process never sees, but masked. */
const CUSTOMER = `
  const { createPublicKey, publicEncrypt, randomBytes } = require('node:crypto');
  const key = createPublicKey({ key: Buffer.from(process.argv[1], 'base64'), format: 'der', type: 'spki' });
  const material = randomBytes(32);
  const encrypted = publicEncrypt({ key, oaepHash: 'sha1' }, material);
  const masked = material.map((byte) => byte ^ ${MASK});
  process.stdout.write(JSON.stringify([encrypted.toString('base64'), Buffer.from(masked).toString('base64')]));
`;

test('imported material is never in the memory of the server', async () => {
  const spki = await token.makeWrappingPair('pair', 2048, 'RSAES_OAEP_SHA_1');
  const output = execFileSync(process.execPath, ['-e', CUSTOMER, spki.toString('base64')], {
    encoding: 'utf8',
  });
  const [encrypted = '', masked = ''] = JSON.parse(output) as string[];
  const wrapped = {
    pair: 'pair',
    algorithm: 'RSAES_OAEP_SHA_1',
    encrypted: Buffer.from(encrypted, 'base64'),
  };
  await token.importKey('imported', 256, wrapped as Parameters<Pkcs11Token['importKey']>[2]);
  const sealed = await token.seal('imported', SEED, NONCE, SEED, NONCE);
  assert.deepEqual(await token.open('imported', SEED, NONCE, SEED, sealed), Buffer.from(NONCE));
  await token.fingerprint('imported', SEED);
  const needle = Buffer.from(masked, 'base64');
  assert.equal(isInMemory(needle, MASK), false);
  const unmasked = Buffer.from(needle.map((byte) => byte ^ MASK));
  assert.equal(isInMemory(needle, MASK), true, 'the search finds what is there');
  unmasked.fill(0);
});

test('no key gives its value or can be made to, and each does its one thing only', async () => {
  await token.makeKey('made', 256);
  await token.seal('made', SEED, NONCE, SEED, SEED);
  const library = loadLibrary(hsm.settings.library);
  try {
    const session = loggedIn(library);
    const objects = find(library, session);
    const labels = objects.map((handle) => String(attribute(library, session, handle, pkcs11.CKA_LABEL)));
    assert.deepEqual(labels.toSorted(), ['imported', 'made', 'pair']);
    for (const [at, handle] of objects.entries()) {
      const isPair = labels[at] === 'pair';
      const is = (type: number) => attribute(library, session, handle, type)[0] === 1;
      assert.deepEqual(
        [is(pkcs11.CKA_SENSITIVE), is(pkcs11.CKA_EXTRACTABLE), is(pkcs11.CKA_PRIVATE)],
        [true, false, true],
      );
      const uses = ['DECRYPT', 'SIGN', 'UNWRAP', 'DERIVE', ...(isPair ? [] : ['ENCRYPT', 'WRAP', 'VERIFY'])];
      const allowed = uses.filter((use) =>
        is((pkcs11 as unknown as Record<string, number>)[`CKA_${use}`] ?? 0),
      );
      assert.deepEqual(allowed, [isPair ? 'UNWRAP' : 'DERIVE']);
      refuses(() =>
        attribute(library, session, handle, isPair ? pkcs11.CKA_PRIVATE_EXPONENT : pkcs11.CKA_VALUE),
      );
      for (const change of [
        { type: pkcs11.CKA_EXTRACTABLE, value: true },
        { type: pkcs11.CKA_SENSITIVE, value: false },
      ]) {
        refuses(() => library.C_SetAttributeValue(session, handle, [change]));
        refuses(() => library.C_CopyObject(session, handle, [change]));
      }
    }
  } finally {
    library.C_Finalize();
  }
});

function loggedIn(library: PKCS11): Handle {
  const slot = library
    .C_GetSlotList(true)
    .find((handle) => /keyhold/.test(library.C_GetTokenInfo(handle).label));
  assert.ok(slot);
  const session = library.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  library.C_Login(session, pkcs11.CKU_USER, hsm.pin);
  return session;
}

function find(library: PKCS11, session: Handle): Handle[] {
  library.C_FindObjectsInit(session, [{ type: pkcs11.CKA_TOKEN, value: true }]);
  const found = library.C_FindObjects(session, 100);
  library.C_FindObjectsFinal(session);
  return found;
}

function attribute(library: PKCS11, session: Handle, handle: Handle, type: number): Buffer {
  return library.C_GetAttributeValue(session, handle, [{ type }])[0]?.value as Buffer;
}

function refuses(work: () => unknown): void {
  assert.throws(work, (error) =>
    /CKR_(ATTRIBUTE_(SENSITIVE|READ_ONLY)|TEMPLATE_INCONSISTENT)/.test(returnValue(error)),
  );
}
