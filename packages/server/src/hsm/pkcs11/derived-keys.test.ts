import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, mock, test } from 'node:test';
import type { Handle } from 'pkcs11js';
import { newSoftHsm } from '../test-kit/soft-hsm.ts';
import { connect } from './connection.ts';
import { DerivedKeys } from './derived-keys.ts';
import { MAKE_KEY } from './mechanisms.ts';
import { Objects } from './objects.ts';
import { newKeyTemplate } from './templates.ts';

const hsm = newSoftHsm();
const { library: path, token } = hsm.settings;
const connection = connect({ library: path, token, sessions: 1 }, hsm.pin);
const { library, home } = connection;
after(() => {
  library.C_Finalize();
  hsm[Symbol.dispose]();
});

function setUp(label: string) {
  library.C_GenerateKey(home, MAKE_KEY, newKeyTemplate(label, 32));
  const derived = new DerivedKeys(connection, new Objects(connection));
  const handleOf = (seed: Buffer, of = label) => derived.withMessageKey(of, seed, async (key) => key);
  const isThere = (key: Handle): boolean => {
    try {
      return library.C_GetObjectSize(home, key) >= 0;
    } catch {
      return false;
    }
  };
  return { derived, handleOf, isThere };
}

const seeds = (count: number) => Array.from({ length: count }, () => randomBytes(32));

test('message keys are few, and one that is in use is not destroyed for others, nor when its key is', async () => {
  const { derived, handleOf, isThere } = setUp('in-use');
  const [used, idle = Buffer.alloc(0), ...more] = seeds(301);
  const gate = Promise.withResolvers<Handle>();
  let inUse: Handle | undefined;
  const using = derived.withMessageKey('in-use', used ?? Buffer.alloc(0), (key) => {
    inUse = key;
    return gate.promise;
  });
  assert.ok(inUse);
  const evicted = await handleOf(idle);
  for (const seed of more) await handleOf(seed);
  assert.deepEqual([isThere(inUse), isThere(evicted)], [true, false]);
  derived.forget('in-use');
  assert.equal(isThere(inUse), true);
  gate.resolve(inUse);
  await using;
  assert.equal(isThere(inUse), false);
});

test('a handle that the token has lost is derived anew, and the others of its key are kept', async () => {
  const { derived, handleOf } = setUp('stale');
  const [lost = Buffer.alloc(0), ...others] = seeds(20);
  const handles = await Promise.all(others.map((seed) => handleOf(seed)));
  library.C_DestroyObject(home, await handleOf(lost));
  const tried: Handle[] = [];
  const destroyed = mock.method(library, 'C_DestroyObject');
  const size = await derived.withMessageKey('stale', lost, async (key) => {
    tried.push(key);
    return library.C_GetObjectSize(home, key);
  });
  assert.ok(size >= 0);
  assert.equal(tried.length, 2);
  assert.equal(destroyed.mock.callCount(), 0, 'what is not known may be the handle of another by now');
  assert.deepEqual(await Promise.all(others.map((seed) => handleOf(seed))), handles);
  destroyed.mock.restore();
});

test('a message key that the token does not destroy keeps no result back, nor other keys', async () => {
  const { derived, handleOf } = setUp('kept');
  const failing = mock.method(library, 'C_DestroyObject', () => {
    throw new Error('CKR_DEVICE_ERROR');
  });
  const [used = Buffer.alloc(0), ...more] = seeds(301);
  const sealed = await derived.withMessageKey('kept', used, async () => {
    derived.forget('kept');
    return 'sealed';
  });
  assert.equal(sealed, 'sealed');
  for (const seed of more) await handleOf(seed);
  derived.forget('kept');
  failing.mock.restore();
});
