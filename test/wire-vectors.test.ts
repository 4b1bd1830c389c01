import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { PRODUCTS } from '@keyhold/api/contract.ts';
import { AccessKeys, sealAccessKey } from '@keyhold/server/access/access-keys.ts';
import { Diagnoses } from '@keyhold/server/access/diagnoses.ts';
import { ReplayGuard } from '@keyhold/server/access/replay-guard.ts';
import { Sessions } from '@keyhold/server/access/sessions.ts';
import { sampleRole } from '@keyhold/server/access/test-kit/directories.ts';
import { Throttle } from '@keyhold/server/access/throttle.ts';
import { DomainKey } from '@keyhold/server/keys/domain-key.ts';
import { Imports } from '@keyhold/server/keys/imports.ts';
import { Keyring } from '@keyhold/server/keys/keyring.ts';
import { SoftwareEngine } from '@keyhold/server/keys/software-engine.ts';
import { VersionUses } from '@keyhold/server/keys/version-uses.ts';
import { Issuers } from '@keyhold/server/oidc/issuers.ts';
import { answer } from '@keyhold/server/pipeline/call.ts';
import type { Ports } from '@keyhold/server/pipeline/call-state.ts';
import { Directories } from '@keyhold/server/ram/directories.ts';
import { LastUses } from '@keyhold/server/ram/last-uses.ts';
import { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import { emptyStores, testDirectory } from '@keyhold/server/store/conformance/sqlite-files.ts';
import type { Store } from '@keyhold/server/store/store.ts';
import { PageTokens } from '@keyhold/server/trail/lookup/page-tokens.ts';
import { openTrail } from '@keyhold/server/trail/open-trail.ts';
import { createSigningSecret } from '@keyhold/server/wires/signing-secret.ts';
import { loadWireVectors, toRawRequest } from './vectors/wire-vectors.ts';

const { credentials, vectors, negative } = loadWireVectors();
const directory = testDirectory();
const openEmpty = emptyStores(directory);
const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
const notAsked = () => assert.fail('not asked');
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
async function portsAt(
  time: number,
  status: 'Active' | 'Inactive' = 'Active',
  setup: string | undefined = undefined,
): Promise<Ports> {
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
  const versionUses = new VersionUses(store.keys, now);
  const engines = { SOFTWARE: new SoftwareEngine(domainKey, now) };
  const ram = new Directories(domainKey, store.ram);
  await ram.change(OF_ROLE, () => ({ result: undefined, put: [['role', ROLE]] }));
  return {
    kms: {
      store,
      keyring: new Keyring(engines, store.keys, versionUses),
      imports: new Imports(domainKey, engines),
      versionUses,
      ram,
      lastUses: new LastUses(store.ram),
      sessions: sessionOfVectors(time, setup),
      diagnoses: new Diagnoses(domainKey),
      lookup: { days: 90, tokens: new PageTokens(domainKey), find: notAsked },
      delivery: {
        end: notAsked,
        check: notAsked,
        isTaken: notAsked,
        status: notAsked,
        noteChange: notAsked,
      },
      regions: ['cn-hangzhou'],
      quotas: { keys: 10, aliases: 10, versions: 10 },
    },
    accessKeys: new AccessKeys(domainKey, store.accounts),
    replayGuard: new ReplayGuard(1000),
    issuers: new Issuers({ clock: () => 0, onFailure: () => assert.fail('not asked') }),
    throttle: new Throttle({ account: undefined, accessKey: undefined }),
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

const OF_ROLE = '1000000000000002';
const ROLE = sampleRole('300', 'Vectors');

/** The one session that the vectors know: their temporary key id is an ordinary one, and so is its secret. */
function sessionOfVectors(time: number, setup = ''): Sessions {
  const { accessKeyId, accessKeySecret, securityToken } = credentials.STS;
  const isTemporary = /temporary key/.test(setup);
  const session = {
    accountId: OF_ROLE,
    roleId: ROLE.roleId,
    sessionName: 'vectors',
    assumedBy: '200',
    startedAt: 0,
    expiresAt: time + (/session ended/.test(setup) ? 0 : 1),
    accessKeyId: /different temporary key/.test(setup) ? 'STS.other' : accessKeyId,
    secret: createSigningSecret(accessKeySecret),
    sessionPolicy: undefined,
  };
  return Object.assign(new Sessions(domainKey), {
    isKeyId: (id: string) => isTemporary && id === accessKeyId,
    open: (token: string) => (token === securityToken || /different|ended/.test(setup) ? session : undefined),
  });
}

for (const { id, request, serverClock, setup, expect } of negative) {
  test(`refuses ${id}`, async () => {
    const inactive = setup?.startsWith('disable') ?? false;
    const ports = await portsAt(Date.parse(serverClock), inactive ? 'Inactive' : 'Active', setup);
    if (setup?.startsWith('send the same')) {
      const first = await codeOf(ports, request);
      assert.notEqual(first.code, expect.code);
    }
    const seen = await codeOf(ports, request);
    assert.ok([expect.httpStatus, ...(expect.orStatus ?? [])].includes(seen.status), seen.body);
    assert.ok([expect.code, ...(expect.orCode ?? [])].includes(seen.code), seen.body);
    const { messageEndsWith } = expect;
    if (messageEndsWith) assert.ok(JSON.parse(seen.body).Message.endsWith(messageEndsWith), seen.body);
  });
}

const SERVED = PRODUCTS.map(({ version }) => version);
/** Signed by nobody, or by a client that signs wrongly. */
const NOT_SIGNED: Readonly<Record<string, string>> = {
  'acs3-bearer': 'MissingAccessKeyId',
  'rpc-anonymous-assumerolewithoidc': 'AuthenticationFail.OIDCToken.Invalid',
  'acs4-post-query-kms': 'SignatureDoesNotMatch',
};

for (const vector of vectors) {
  test(`knows the sender of ${vector.id}`, async () => {
    const temporary = vector.expected.securityToken ? 'a temporary key' : undefined;
    const ports = await portsAt(Date.parse(vector.expected.timestamp), 'Active', temporary);
    const { code, body } = await codeOf(ports, vector.request);
    const refused = NOT_SIGNED[vector.id];
    if (refused) return assert.equal(code, refused);
    if (!SERVED.includes(vector.expected.version)) return assert.equal(code, 'InvalidVersion');
    // Its nonce was kept, which happens after the signature was found right. Most keys it names are not there.
    assert.equal((await codeOf(ports, vector.request)).code, 'SignatureNonceUsed', body);
  });
}
