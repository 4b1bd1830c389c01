import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type Parameters, startTestServer, type TestServer } from '../server.ts';
import { describe, ok } from './importing.ts';

const DAY = 86_400_000;
let now = Date.parse('2026-03-01T12:00:00Z');
let server: TestServer;
before(async () => {
  server = await startTestServer({}, () => now);
});
after(() => server[Symbol.asyncDispose]());

const text = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');
const created = async (parameters: Parameters = {}) =>
  (await ok(server, 'CreateKey', parameters)).KeyMetadata;
const refused = ({ status, body }: Answer, code: string, message = /./): void => {
  assert.deepEqual([status, body.Code], [400, code], JSON.stringify(body));
  assert.match(body.Message, message);
};
const policy = (KeyId: string, EnableAutomaticRotation: boolean, RotationInterval = '7d') =>
  server.call('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation, RotationInterval });
/** Some seconds of real time pass until the job of the server has looked. */
async function until<T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (let i = 0; ; i++) {
    const value = await look();
    if (wanted(value) || i === 40) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('a key made with a policy shows it, and is rotated when the time comes', async () => {
  const made = await created({ EnableAutomaticRotation: true, RotationInterval: '168h' });
  const { KeyId, PrimaryKeyVersion } = made;
  const dates = [made.AutomaticRotation, made.RotationInterval, made.LastRotationDate, made.NextRotationDate];
  assert.deepEqual(dates, ['Enabled', '604800s', text(now), text(now + 7 * DAY)]);
  const { CiphertextBlob } = await ok(server, 'Encrypt', { KeyId, Plaintext: 'old' });
  now += 7 * DAY;
  const key = await until(
    () => describe(server, KeyId),
    (each) => each.PrimaryKeyVersion !== PrimaryKeyVersion,
  );
  assert.notEqual(key.PrimaryKeyVersion, PrimaryKeyVersion);
  assert.deepEqual([key.LastRotationDate, key.NextRotationDate], [text(now), text(now + 7 * DAY)]);
  const fresh = await ok(server, 'Encrypt', { KeyId, Plaintext: 'new' });
  assert.equal(fresh.KeyVersionId, key.PrimaryKeyVersion);
  for (const [blob, plaintext] of [
    [CiphertextBlob, 'old'],
    [fresh.CiphertextBlob, 'new'],
  ]) {
    assert.equal((await ok(server, 'Decrypt', { CiphertextBlob: blob })).Plaintext, plaintext);
  }
  const { KeyVersions, TotalCount } = await ok(server, 'ListKeyVersions', { KeyId });
  assert.equal(TotalCount, 2);
  assert.deepEqual(
    KeyVersions.KeyVersion.map((version: { CreationDate: string }) => version.CreationDate),
    [text(now - 7 * DAY), text(now)],
  );
});

test('a policy is suspended while its key is not enabled, and goes on afterwards', async () => {
  const { KeyId } = await created({ EnableAutomaticRotation: true, RotationInterval: '30d' });
  const NextRotationDate = text(now + 30 * DAY);
  for (const [action, back] of [
    ['DisableKey', 'EnableKey'],
    ['ScheduleKeyDeletion', 'CancelKeyDeletion'],
  ] as const) {
    await ok(server, action, { KeyId });
    const key = await describe(server, KeyId);
    assert.deepEqual(
      [key.AutomaticRotation, key.RotationInterval, key.NextRotationDate],
      ['Suspended', '2592000s', NextRotationDate],
    );
    await ok(server, back, { KeyId });
    assert.equal((await describe(server, KeyId)).AutomaticRotation, 'Enabled');
  }
});

test('enabling rotates at once where the interval is over already, and not otherwise', async () => {
  const { KeyId, PrimaryKeyVersion } = await created();
  now += 10 * DAY;
  assert.equal((await policy(KeyId, true, '10d')).status, 200);
  const rotated = await describe(server, KeyId);
  assert.notEqual(rotated.PrimaryKeyVersion, PrimaryKeyVersion);
  assert.deepEqual([rotated.LastRotationDate, rotated.NextRotationDate], [text(now), text(now + 10 * DAY)]);
  now += 5 * DAY;
  assert.equal((await policy(KeyId, true, '730d')).status, 200);
  const longer = await describe(server, KeyId);
  assert.deepEqual(longer, {
    ...rotated,
    RotationInterval: '63072000s',
    NextRotationDate: text(now + 725 * DAY),
  });
  assert.equal((await policy(KeyId, false)).status, 200);
  const off = await describe(server, KeyId);
  assert.deepEqual(
    [off.AutomaticRotation, off.RotationInterval, off.NextRotationDate],
    ['Disabled', undefined, undefined],
  );
});

test('intervals and key kinds that are not rotated are refused', async () => {
  const { KeyId } = await created();
  for (const interval of ['6d', '604799s', '731d', '7', '7w', '-7d']) {
    refused(await policy(KeyId, true, interval), 'InvalidParameter', /RotationInterval/);
  }
  refused(
    await server.call('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true }),
    'MissingParameter',
  );
  refused(await server.call('UpdateRotationPolicy', { KeyId }), 'MissingParameter');
  const rotated = { EnableAutomaticRotation: true, RotationInterval: '7d' };
  refused(
    await server.call('CreateKey', { ...rotated, Origin: 'EXTERNAL' }),
    'UnsupportedOperation',
    /imported/,
  );
});

test('versions made by hand: 7 days apart, 50 of a key, as many of the home as its quota', async () => {
  await using own = await startTestServer({ KEYHOLD_VERSION_QUOTA: '55' }, () => now);
  const { KeyId, PrimaryKeyVersion } = (await ok(own, 'CreateKey')).KeyMetadata;
  const make = (of = KeyId) => own.call('CreateKeyVersion', { KeyId: of });
  now += 7 * DAY - 1000;
  refused(await make(), 'Rejected.UnsupportedOperation', new RegExp(text(now + 1000)));
  now += 1000;
  const { status, body } = await make();
  assert.equal(status, 200);
  assert.equal(body.KeyVersion.CreationDate, text(now));
  const key = await describe(own, KeyId);
  assert.equal(key.PrimaryKeyVersion, body.KeyVersion.KeyVersionId);
  assert.notEqual(key.PrimaryKeyVersion, PrimaryKeyVersion);
  for (let total = 3; total <= 50; total++) {
    now += 7 * DAY;
    assert.equal((await make()).status, 200, `version ${total}`);
  }
  now += 7 * DAY;
  refused(await make(), 'Rejected.LimitExceeded', /50 versions of a key/);

  const other = (await ok(own, 'CreateKey')).KeyMetadata.KeyId;
  let code = '';
  for (let i = 0; i < 10 && code === ''; i++) {
    now += 7 * DAY;
    const answer = await make(other);
    if (answer.status !== 200) code = `${answer.body.Code} ${answer.body.Message}`;
  }
  assert.match(code, /^Rejected.LimitExceeded .*55 key versions/);
  // What a policy asks for goes on.
  now += 7 * DAY;
  await ok(own, 'UpdateRotationPolicy', {
    KeyId: other,
    EnableAutomaticRotation: true,
    RotationInterval: '7d',
  });
  assert.equal((await describe(own, other)).LastRotationDate, text(now));
});

test('the hour of the last use is shown, of a key and of its version', async () => {
  const { KeyId, PrimaryKeyVersion: KeyVersionId } = await created();
  const { CiphertextBlob } = await ok(server, 'Encrypt', { KeyId, Plaintext: 'x' });
  const hour = text(now - (now % 3_600_000));
  assert.equal((await describe(server, KeyId)).LastUsedDate, hour);
  now += 5 * 3_600_000;
  await ok(server, 'Decrypt', { CiphertextBlob });
  await server.restart();
  const later = text(now - (now % 3_600_000));
  const { KeyVersion } = await ok(server, 'DescribeKeyVersion', { KeyId, KeyVersionId });
  assert.equal(KeyVersion.LastUsedDate, later);
  const unused = await created();
  assert.equal((await describe(server, unused.KeyId)).LastUsedDate, undefined);
});
