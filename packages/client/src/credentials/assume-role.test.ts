import assert from 'node:assert/strict';
import { after, beforeEach, mock, test } from 'node:test';
import { type Act, answer, hangUp, refuse, scriptedServer } from '../test-kit/scripted-server.ts';
import { assumeRole } from './assume-role.ts';

const MINUTE = 60_000;
const NOON = Date.parse('2026-01-01T12:00:00Z');
const role = { roleArn: 'acs:ram::1:role/reader', sessionName: 'me', durationSeconds: 900 };
const server = await scriptedServer();
after(() => server.close());
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now: NOON });
});
after(() => mock.timers.reset());

const issue = (id: string, endsAt: number): Act =>
  answer(200, {
    AssumedRoleUser: { Arn: 'a', AssumedRoleId: 'i' },
    Credentials: {
      AccessKeyId: id,
      AccessKeySecret: 's',
      SecurityToken: 't',
      Expiration: new Date(endsAt).toISOString().replace('.000', ''),
    },
    RequestId: 'r',
  });
const sts = { endpoint: server.url, credentials: { accessKeyId: 'LTAI', accessKeySecret: 'x' }, attempts: 1 };
const at = (time: number) => mock.timers.setTime(time);
/** What goes on behind a call that has been answered. */
const settled = () => new Promise((done) => setTimeout(done, 100));

test('a session serves all who ask at once, and until five minutes before its end', async () => {
  server.play(issue('one', NOON + 15 * MINUTE));
  const provide = assumeRole(role, sts);
  const both = await Promise.all([provide(), provide()]);
  const expected = { accessKeyId: 'one', accessKeySecret: 's', securityToken: 't' };
  assert.deepEqual(both, [expected, expected]);
  at(NOON + 9 * MINUTE);
  assert.equal((await provide()).accessKeyId, 'one');
  assert.equal(server.received.length, 1);
  const sent = new URLSearchParams(server.received[0]?.body.toString());
  assert.equal(sent.get('RoleArn'), role.roleArn);
  assert.equal(sent.get('RoleSessionName'), 'me');
  assert.equal(sent.get('DurationSeconds'), '900');
});

test('then it is renewed, while the old one still serves', async () => {
  server.play(issue('one', NOON + 15 * MINUTE), issue('two', NOON + 26 * MINUTE));
  const provide = assumeRole(role, sts);
  await provide();
  at(NOON + 11 * MINUTE);
  assert.equal((await provide()).accessKeyId, 'one');
  await settled();
  assert.equal((await provide()).accessKeyId, 'two');
  assert.equal(server.received.length, 2);
});

test('a renewal that fails is tried again later; at the end the failure is told', async () => {
  server.play(issue('one', NOON + 15 * MINUTE), refuse(403, 'NoPermission'));
  const provide = assumeRole(role, sts);
  await provide();
  at(NOON + 11 * MINUTE);
  assert.equal((await provide()).accessKeyId, 'one');
  await settled();
  assert.equal((await provide()).accessKeyId, 'one');
  await settled();
  assert.equal(server.received.length, 2, 'not at every call');
  at(NOON + 15 * MINUTE);
  await assert.rejects(provide(), { code: 'NoPermission' });
  server.play(issue('two', NOON + 30 * MINUTE));
  assert.equal((await provide()).accessKeyId, 'two');
});

test('a clock that is behind does not make a session last', async () => {
  server.play(issue('one', NOON + 25 * MINUTE), issue('two', NOON + 40 * MINUTE));
  const provide = assumeRole(role, sts);
  await provide();
  at(NOON + 14.5 * MINUTE);
  assert.equal((await provide()).accessKeyId, 'two');
});

test('AssumeRole is repeated like a call that changes nothing', async () => {
  server.play(hangUp, issue('one', NOON + 15 * MINUTE));
  assert.equal((await assumeRole(role, { ...sts, attempts: 2 })()).accessKeyId, 'one');
});
