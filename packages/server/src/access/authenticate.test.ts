import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import { DomainKey } from '../keys/domain-key.ts';
import { Directories } from '../ram/directories.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { sampleAccount } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { SignatureClaim, SignedRequest } from '../wires/request.ts';
import { AccessKeys, sealAccessKey } from './access-keys.ts';
import { authenticate } from './authenticate.ts';
import { CLOCK_WINDOW_MS } from './clock-window.ts';
import { ReplayGuard } from './replay-guard.ts';
import { Sessions } from './sessions.ts';
import { sampleRole, sampleUser } from './test-kit/directories.ts';

const NOW = 1_800_000_000_000;
const { store } = await emptyStores(testDirectory())();
after(() => store.close());
const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
for (const [accessKeyId, accountId, status] of [
  ['active', '1', 'Active'],
  ['inactive', '2', 'Inactive'],
] as const) {
  const fields = { accessKeyId, accountId, owner: 'root', status, createdAt: 0 } as const;
  const row = sealAccessKey(domainKey, fields, new SecretBytes(Buffer.from('secret')));
  await store.accounts.create(sampleAccount({ accountId }), row);
}
const directories = new Directories(domainKey, store.ram);
const sessions = new Sessions(domainKey);
const used: string[] = [];
const ports = {
  accessKeys: new AccessKeys(domainKey, store.accounts),
  replayGuard: new ReplayGuard(1000),
  lastUses: { note: (accessKeyId: string) => used.push(accessKeyId) },
  directories,
  sessions,
};
const role = sampleRole('300', 'Batch');
const user = sampleUser('200', 'ann');
await directories.change('1', () => ({
  result: undefined,
  put: [
    ['role', role],
    ['user', user],
  ],
  accessKey: { do: 'make', pair: { id: 'of ann', secret: 'secret' }, owner: '200', createdAt: 0 },
}));
const terms = { accountId: '1', roleId: '300', sessionName: 's-1', assumedBy: '200', startedAt: NOW };
const issue = (expiresAt = NOW + 1, accountId = '1') => sessions.issue({ ...terms, accountId, expiresAt });
const COVERED = new Map([['KeyId', 'k']]);

/** A claim whose signature is right, changed as a test wants it. */
const claimOf = (changes: Partial<SignatureClaim> & { readonly wrong?: true } = {}): SignatureClaim => ({
  accessKeyId: 'active',
  securityToken: undefined,
  timestamp: NOW,
  replayToken: randomBytes(8).toString('hex'),
  verify() {
    if (changes.wrong) throw new ApiError('SignatureDoesNotMatch', { stringToSign: 's' });
    return COVERED;
  },
  ...changes,
});
const requestOf = (signature: SignatureClaim | undefined): SignedRequest => ({
  style: 'RPC',
  version: '2016-01-20',
  action: 'DescribeKey',
  parameters: new Map([['KeyId', 'not covered']]),
  regionId: undefined,
  signature,
});
const ask = (claim: SignatureClaim | undefined, now = NOW, to = ports) =>
  authenticate(to, requestOf(claim), now);

test('tells who signed, and the parameters that the signature covers', async () => {
  const { caller, parameters } = await ask(claimOf());
  assert.deepEqual(caller, { accountId: '1', type: 'root-account', principalId: '1', accessKeyId: 'active' });
  assert.equal(parameters, COVERED);
  assert.deepEqual(used, ['active']);
  const { caller: ofAnn } = await ask(claimOf({ accessKeyId: 'of ann' }));
  assert.deepEqual([ofAnn.type, ofAnn.principalId, ofAnn.accountId], ['ram-user', '200', '1']);
});

test('a session is known by its token, until its time is over to the millisecond', async () => {
  const { accessKeyId, securityToken } = issue(NOW + 10);
  const claim = () => claimOf({ accessKeyId, securityToken, timestamp: NOW });
  const { caller } = await ask(claim(), NOW + 9);
  assert.deepEqual([caller.type, caller.principalId], ['assumed-role', '300:s-1']);
  assert.ok(!used.includes(accessKeyId));
  await assert.rejects(ask(claim(), NOW + 10), { code: 'InvalidSecurityToken.Expired' });
  await assert.rejects(ask(claimOf({ accessKeyId })), { code: 'MissingSecurityToken' });
  const other = issue().securityToken;
  await assert.rejects(ask(claimOf({ accessKeyId, securityToken: other })), {
    code: 'InvalidSecurityToken.MismatchWithAccessKey',
  });
  for (const garbage of [
    '',
    'x',
    securityToken.slice(1),
    `${securityToken.slice(0, 20)}AAAA${securityToken.slice(24)}`,
  ]) {
    await assert.rejects(ask(claimOf({ accessKeyId, securityToken: garbage })), {
      code: 'InvalidSecurityToken.Malformed',
    });
  }
  await assert.rejects(ask(claimOf({ accessKeyId, securityToken, wrong: true })), {
    code: 'SignatureDoesNotMatch',
  });
});

test('what is deleted is refused with the next call: a role, a user', async () => {
  const { accessKeyId, securityToken } = issue();
  const ofSession = () => ask(claimOf({ accessKeyId, securityToken }));
  const ofUser = () => ask(claimOf({ accessKeyId: 'of ann' }));
  await ofSession();
  await ofUser();
  await directories.change('1', () => ({
    result: undefined,
    remove: [
      ['role', role],
      ['user', user],
    ],
  }));
  await assert.rejects(ofSession(), { code: 'InvalidSecurityToken.Expired' });
  await assert.rejects(ofUser(), { code: 'InvalidAccessKeyId.NotFound' });
  const { accessKeyId: id, securityToken: token } = issue(NOW + 1, '2');
  await assert.rejects(ask(claimOf({ accessKeyId: id, securityToken: token })), {
    code: 'InvalidSecurityToken.Expired',
  });
});

test('of several things that are wrong, the first in the order is told', async () => {
  const replayToken = 'seen';
  await ask(claimOf({ replayToken }));
  const faults: readonly [code: string, fault: Parameters<typeof claimOf>[0]][] = [
    ['InvalidAccessKeyId.NotFound', { accessKeyId: 'nobody' }],
    ['InvalidAccessKeyId.Inactive', { accessKeyId: 'inactive' }],
    ['InvalidTimeStamp.Expired', { timestamp: NOW - CLOCK_WINDOW_MS - 1 }],
    ['InvalidSecurityToken.MismatchWithAccessKey', { securityToken: 'token' }],
    ['SignatureDoesNotMatch', { wrong: true }],
    ['SignatureNonceUsed', { replayToken }],
  ];
  await assert.rejects(ask(undefined), { code: 'MissingAccessKeyId' });
  for (const [index, [code]] of faults.entries()) {
    const rest = faults.slice(index).map(([, fault]) => fault);
    const all = Object.assign({}, ...rest.toReversed());
    await assert.rejects(ask(claimOf(all)), { code }, code);
    await assert.rejects(ask(claimOf(faults[index]?.[1])), { code }, `${code} alone`);
  }
});

test('fifteen minutes either way, to the millisecond', async () => {
  for (const off of [-CLOCK_WINDOW_MS, CLOCK_WINDOW_MS, 0]) await ask(claimOf({ timestamp: NOW + off }));
  for (const off of [-CLOCK_WINDOW_MS - 1, CLOCK_WINDOW_MS + 1, Number.NaN]) {
    await assert.rejects(
      ask(claimOf({ timestamp: NOW + off })),
      { code: 'InvalidTimeStamp.Expired' },
      `${off}`,
    );
  }
});

test('a wrong signature burns no nonce', async () => {
  const replayToken = 'not burnt';
  await assert.rejects(ask(claimOf({ replayToken, wrong: true })), { code: 'SignatureDoesNotMatch' });
  await ask(claimOf({ replayToken }));
  await assert.rejects(ask(claimOf({ replayToken })), { code: 'SignatureNonceUsed' });
});

test('when no more nonces can be remembered the call is refused, not let through', async () => {
  const full = { ...ports, replayGuard: new ReplayGuard(1) };
  await ask(claimOf(), NOW, full);
  await assert.rejects(ask(claimOf(), NOW, full), { code: 'Rejected.Throttling', status: 429 });
});
