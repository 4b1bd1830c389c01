import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { createSigningSecret } from '../wires/signing-secret.ts';
import { evaluate } from './policy/evaluate.ts';
import { Sessions, type SessionTerms } from './sessions.ts';

const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
const sessions = new Sessions(domainKey);
const policy = (Action: string): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
const terms: SessionTerms = {
  accountId: '1',
  roleId: '300',
  sessionName: 's-1',
  assumedBy: '200',
  startedAt: 1000,
  expiresAt: 2000,
};

test('opens what it issued, with the terms and the secret of both schemes', () => {
  const issued = sessions.issue(terms);
  const { secret, sessionPolicy, ...opened } = sessions.open(issued.securityToken) ?? assert.fail();
  assert.deepEqual(opened, { ...terms, accessKeyId: issued.accessKeyId });
  assert.equal(sessionPolicy, undefined);
  const wanted = createSigningSecret(issued.accessKeySecret);
  assert.deepEqual(secret.rpc('sha1', 'text'), wanted.rpc('sha1', 'text'));
  assert.deepEqual(secret.acs3('sha256', 'text'), wanted.acs3('sha256', 'text'));
  assert.match(issued.accessKeyId, /^STS\.[A-Za-z0-9]{24}$/);
  assert.match(issued.accessKeySecret, /^[A-Za-z0-9]{43}$/);
});

test('no two sessions share an id, a secret or a token', () => {
  const issued = Array.from({ length: 50 }, () => sessions.issue(terms));
  for (const name of ['accessKeyId', 'accessKeySecret', 'securityToken'] as const) {
    assert.equal(new Set(issued.map((one) => one[name])).size, 50, name);
  }
});

test('a token with any bit flipped is none', () => {
  const bytes = Buffer.from(sessions.issue(terms).securityToken, 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(sessions.open(changed.toString('base64')), undefined, `bit ${bit}`);
  }
});

test('another spelling of a token is none', () => {
  const spellings = Array.from({ length: 30 }, (_, length) => {
    const token = sessions.issue({ ...terms, sessionName: 'x'.repeat(length) }).securityToken;
    return [token, ...othersOf(token)];
  });
  for (const [token = '', ...others] of spellings) {
    for (const other of others) assert.equal(sessions.open(other), undefined, JSON.stringify(other));
    assert.ok(sessions.open(token));
  }
});

/** The same bytes to a decoder that is not strict. */
function othersOf(token: string): string[] {
  const bare = token.replace(/=+$/, '');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const lastBit = alphabet[alphabet.indexOf(bare.at(-1) ?? '') ^ 1] ?? '';
  const inUrls = token.replaceAll('+', '-').replaceAll('/', '_');
  const same = [
    bare,
    inUrls,
    `${token}=`,
    `${token}\n`,
    ` ${token}`,
    `${bare.slice(0, -1)}${lastBit}${token.slice(bare.length)}`,
  ];
  return same.filter((other) => other !== token);
}

test('a token of another server, of another purpose, or of nobody is none', () => {
  const other = new Sessions(new DomainKey(new SecretBytes(randomBytes(32))));
  assert.equal(sessions.open(other.issue(terms).securityToken), undefined);
  const content = new SecretBytes(Buffer.from(JSON.stringify({ ...terms, accessKeyId: 'STS.x' })));
  assert.equal(sessions.open(domainKey.wrap(['access key secret'], content).toString('base64')), undefined);
  for (const token of ['', 'x', 'AAAA', '=', 'ä', 'A'.repeat(16_384), 'A'.repeat(1_000_000)]) {
    assert.equal(sessions.open(token), undefined);
  }
});

test('the secret follows from the id alone, so a token with another id has another secret', () => {
  const [one, two] = [sessions.issue(terms), sessions.issue(terms)];
  const again = new Sessions(domainKey);
  const sign = (token: string) => again.open(token)?.secret.rpc('sha1', 'text');
  assert.deepEqual(sign(one.securityToken), createSigningSecret(one.accessKeySecret).rpc('sha1', 'text'));
  assert.notDeepEqual(sign(one.securityToken), sign(two.securityToken));
});

test('the session policy comes ready to be evaluated; a text that is none does not open', () => {
  const { sessionPolicy } =
    sessions.open(sessions.issue({ ...terms, policy: policy('kms:Encrypt') }).securityToken) ?? assert.fail();
  assert.ok(sessionPolicy);
  const principal = { type: 'assumed-role', accountId: '1', roleName: 'r' } as const;
  const decide = (action: string) =>
    evaluate([sessionPolicy], { action, resource: '*', principal, context: () => undefined }).decision;
  assert.deepEqual([decide('kms:Encrypt'), decide('kms:Decrypt')], ['Allow', 'ImplicitDeny']);
  assert.equal(sessions.open(sessions.issue({ ...terms, policy: '{}' }).securityToken), undefined);
});

test('the longest session policy still makes a token that opens', () => {
  const long = policy('kms:*').replace('{', `{${'\t'.repeat(2048 - policy('kms:*').length)}`);
  assert.equal(long.length, 2048);
  for (const text of [
    long,
    long.replaceAll('\t', '\n'),
    policy('kms:*').replace('"Effect"', `"Sid":"${'字'.repeat(1900)}","Effect"`),
  ]) {
    assert.ok(text.length <= 2048);
    const { securityToken } = sessions.issue({ ...terms, sessionName: 'x'.repeat(64), policy: text });
    assert.ok(securityToken.length <= 16_384, `${securityToken.length}`);
    assert.ok(sessions.open(securityToken));
  }
});

test('a token is opened once and remembered; whether it has expired is not its business', () => {
  const { securityToken } = sessions.issue({ ...terms, expiresAt: 0 });
  assert.equal(sessions.open(securityToken), sessions.open(securityToken));
});
