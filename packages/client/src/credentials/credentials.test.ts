import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CredentialSource, CredentialsError, firstOf, sendable } from './credentials.ts';
import { environmentSource } from './environment.ts';

const PAIR = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };
const empty = (name: string): CredentialSource => ({ name, find: async () => 'empty' });

test('the first source that holds credentials serves, and is found once', async () => {
  let looks = 0;
  const counted: CredentialSource = {
    name: 'counted',
    find: async () => {
      looks += 1;
      return 'empty';
    },
  };
  const provide = firstOf([counted, environmentSource(PAIR), environmentSource({})]);
  const expected = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: undefined };
  assert.deepEqual(await provide(), expected);
  assert.deepEqual(await provide(), expected);
  assert.equal(looks, 1);
});

test('where there are none, the error says where was looked and why not; it is not remembered', async () => {
  const environment: Record<string, string> = {};
  const provide = firstOf([empty('a place'), environmentSource(environment), empty('another')]);
  await assert.rejects(provide(), {
    name: 'CredentialsError',
    message:
      'no credentials: looked at a place (empty), the environment (ALIBABA_CLOUD_ACCESS_KEY_ID and ' +
      'ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set), another (empty)',
  });
  Object.assign(environment, PAIR);
  assert.equal((await provide()).accessKeyId, 'id');
});

test('a source that is broken stops the search: another caller must not step in', async () => {
  for (const name of Object.keys(PAIR)) {
    const half = environmentSource({ ...PAIR, [name]: '' });
    await assert.rejects(firstOf([half, environmentSource(PAIR)])(), (error) => {
      assert.ok(error instanceof CredentialsError);
      assert.equal(error.message, `${name} is not set, but its other half is`);
      return true;
    });
  }
});

test('temporary keys come with their token', async () => {
  const find = environmentSource({ ...PAIR, ALIBABA_CLOUD_SECURITY_TOKEN: 'token' }).find;
  const provide = await find();
  assert.ok(typeof provide === 'function');
  assert.equal((await provide()).securityToken, 'token');
});

test('what no header can carry is refused, and not quoted', () => {
  const pair = { accessKeyId: 'id', accessKeySecret: 'any \n \u{1F511}' };
  assert.equal(sendable(pair), pair);
  for (const wrong of ['part-1\npart-2', 'part 1', 'p\u0100rt', 'part\r', 'part\0']) {
    for (const member of ['accessKeyId', 'securityToken']) {
      assert.throws(
        () => sendable({ ...pair, [member]: wrong }),
        (error) => error instanceof CredentialsError && !error.message.includes(wrong),
      );
    }
  }
});
