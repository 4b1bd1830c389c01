import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Sessions } from '../../access/sessions.ts';
import { directoryOf, sampleRole } from '../../access/test-kit/directories.ts';
import { DomainKey } from '../../keys/domain-key.ts';
import type { Kms } from '../../kms.ts';
import type { Role } from '../../ram/records.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { Conflict } from '../../store/store.ts';
import { issueSession } from './issue-session.ts';

const sessions = new Sessions(new DomainKey(new SecretBytes(randomBytes(32))));

/** What the handler sees when `admitted` was judged and RAM then is `now`. */
function issue(admitted: Role | undefined, now: readonly Role[]) {
  const directory = directoryOf(
    '1',
    now.map((role) => ['role', role]),
  );
  const policy = admitted && directory.trustPolicyOf(admitted);
  const kms = { sessions, ram: { get: async () => directory } } as unknown as Kms; // all that is used of it
  const resource = { kind: 'roleArn', policy } as const;
  return issueSession(kms, {
    params: { RoleArn: 'acs:ram::1:role/Batch', RoleSessionName: 'me' },
    caller: { type: 'ram-user', accountId: '1', principalId: '200', userName: 'ann', accessKeyId: 'a' },
    now: 5000,
    resources: [resource as Parameters<typeof issueSession>[1]['resources'][number]],
  });
}

const batch = sampleRole('300', 'Batch');

test('the session is of the role that admitted the caller, by whom it was admitted', async () => {
  const { AssumedRoleUser, Credentials } = await issue(batch, [batch]);
  assert.equal(AssumedRoleUser.AssumedRoleId, '300:me');
  const { roleId, assumedBy, startedAt, expiresAt } =
    sessions.open(Credentials.SecurityToken) ?? assert.fail();
  assert.deepEqual([roleId, assumedBy, startedAt, expiresAt], ['300', '200', 5000, 3_605_000]);
});

test('a role that was changed, deleted or made again meanwhile has admitted nobody', async () => {
  await assert.rejects(issue(batch, [sampleRole('301', 'Batch')]), Conflict);
  await assert.rejects(issue(batch, [{ ...batch, description: 'changed' }]), Conflict);
  await assert.rejects(issue(batch, []), Conflict);
  await assert.rejects(issue(undefined, [batch]), Conflict);
});
