import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { AccessKeys, sealAccessKey } from '@keyhold/server/access/access-keys.ts';
import { ReplayGuard } from '@keyhold/server/access/replay-guard.ts';
import { DomainKey } from '@keyhold/server/keys/domain-key.ts';
import { Keyring } from '@keyhold/server/keys/keyring.ts';
import { answer } from '@keyhold/server/pipeline/call.ts';
import type { Ports } from '@keyhold/server/pipeline/call-state.ts';
import { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import { emptyStores, testDirectory } from '@keyhold/server/store/conformance/sqlite-files.ts';
import type { Store } from '@keyhold/server/store/store.ts';
import { openTrail } from '@keyhold/server/trail/open-trail.ts';
import { loadWireVectors, toRawRequest } from './vectors/wire-vectors.ts';

const { credentials, vectors, negative } = loadWireVectors();
const directory = testDirectory();
const openEmpty = emptyStores(directory);
const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
const opened: { close(): Promise<void> }[] = [];
after(async () => {
  for (const part of opened) await part.close();
});

async function putAccessKey(
  store: Store,
  accountId: string,
  id: string,
  secret: string,
  status: 'Active' | 'Inactive',
) {
  const fields = { accessKeyId: id, accountId, owner: 'root', status, createdAt: 0 } as const;
  const row = sealAccessKey(domainKey, fields, new SecretBytes(Buffer.from(secret)));
  assert.equal(await store.accounts.create({ accountId, name: 'n', createdAt: 0 }, row), 'created');
}

/** The whole pipeline on a new database and trail, with its clock stopped at `time`. */
async function portsAt(time: number, status: 'Active' | 'Inactive' = 'Active'): Promise<Ports> {
  const { store, file } = await openEmpty();
  const now = () => time;
  const trail = await openTrail(`${file}.trail`, { clock: now });
  opened.push(store, trail);
  await putAccessKey(
    store,
    '1000000000000001',
    credentials.AK.accessKeyId,
    credentials.AK.accessKeySecret,
    status,
  );
  const doc = credentials['DOC-V3'];
  await putAccessKey(store, '1000000000000002', doc.accessKeyId, doc.accessKeySecret, status);
  return {
    kms: {
      store,
      keyring: new Keyring(domainKey, store.keys, now),
      regions: ['cn-hangzhou'],
      quotas: { keys: 10, aliases: 10 },
    },
    accessKeys: new AccessKeys(domainKey, store.accounts),
    replayGuard: new ReplayGuard(1000),
    trail,
    now,
    onFailure: (error) => assert.fail(error instanceof Error ? error : String(error)),
  };
}

/** The code of the answer, JSON or XML; `-` for success. */
async function codeOf(ports: Ports, request: (typeof vectors)[number]['request']) {
  const { status, body } = await answer(ports, toRawRequest(request));
  const code = /"Code":"([^"]*)"|<Code>([^<]*)<\/Code>/.exec(body);
  return { status, code: status === 200 ? '-' : (code?.[1] ?? code?.[2] ?? body), body };
}

/**
 * Refusals of vectors that must be refused otherwise once there are temporary access keys. Until then the
 * key of these requests is an ordinary one, with the same secret: with a token it does not fit, and a request
 * without one is simply signed by it.
 */
const WITHOUT_TEMPORARY_KEYS: Readonly<Record<string, string>> = {
  'neg-sts-token-missing': '-',
  'neg-sts-token-garbage': 'InvalidSecurityToken.MismatchWithAccessKey',
  'neg-sts-token-of-other-key': 'InvalidSecurityToken.MismatchWithAccessKey',
  'neg-sts-token-expired': 'InvalidSecurityToken.MismatchWithAccessKey',
};

for (const { id, request, serverClock, setup, expect } of negative) {
  test(`refuses ${id}`, async () => {
    const inactive = setup?.startsWith('disable') ?? false;
    const ports = await portsAt(Date.parse(serverClock), inactive ? 'Inactive' : 'Active');
    if (setup?.startsWith('send the same')) {
      const first = await codeOf(ports, request);
      assert.notEqual(first.code, expect.code);
    }
    const seen = await codeOf(ports, request);
    const present = WITHOUT_TEMPORARY_KEYS[id];
    if (present === '-') {
      // Told that the key it names is not there, which only an authenticated caller is.
      assert.ok(['-', 'Forbidden.KeyNotFound', 'Forbidden.AliasNotFound'].includes(seen.code), seen.body);
    } else if (present) {
      assert.deepEqual([seen.status, seen.code], [400, present]);
    } else {
      assert.ok([expect.httpStatus, ...(expect.orStatus ?? [])].includes(seen.status), seen.body);
      assert.ok([expect.code, ...(expect.orCode ?? [])].includes(seen.code), seen.body);
    }
    const { messageEndsWith } = expect;
    if (messageEndsWith) assert.ok(JSON.parse(seen.body).Message.endsWith(messageEndsWith), seen.body);
  });
}

const OTHER_PRODUCTS = 'InvalidVersion';
/** Signed by nobody, or by a client that signs wrongly. */
const NOT_SIGNED: Readonly<Record<string, string>> = {
  'acs3-bearer': 'MissingAccessKeyId',
  'acs4-post-query-kms': 'SignatureDoesNotMatch',
};

for (const vector of vectors) {
  test(`knows the sender of ${vector.id}`, async () => {
    const ports = await portsAt(Date.parse(vector.expected.timestamp));
    const { code, body } = await codeOf(ports, vector.request);
    const refused = NOT_SIGNED[vector.id];
    if (refused) return assert.equal(code, refused);
    if (vector.expected.version !== '2016-01-20') return assert.equal(code, OTHER_PRODUCTS);
    if (vector.expected.securityToken) {
      return assert.equal(code, 'InvalidSecurityToken.MismatchWithAccessKey', 'there are no temporary keys');
    }
    // Its nonce was kept, which happens after the signature was found right. Most keys it names are not there.
    assert.equal((await codeOf(ports, vector.request)).code, 'SignatureNonceUsed', body);
  });
}
