import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { sampleAccount } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { SignatureClaim, SignedRequest } from '../wires/request.ts';
import { AccessKeys, sealAccessKey } from './access-keys.ts';
import { authenticate } from './authenticate.ts';
import { CLOCK_WINDOW_MS } from './clock-window.ts';
import { ReplayGuard } from './replay-guard.ts';

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
const ports = { accessKeys: new AccessKeys(domainKey, store.accounts), replayGuard: new ReplayGuard(1000) };
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
