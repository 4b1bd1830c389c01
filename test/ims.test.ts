import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { IMS } from '@keyhold/api/ims/product.ts';
import { makeUser } from './access/people.ts';
import { ACCOUNT, type Answer, type Credentials, type Parameters, startTestServer } from './server.ts';

const clock = { now: 1_800_000_000_123 };
const server = await startTestServer({}, () => clock.now);
after(() => server[Symbol.asyncDispose]());

const ims = (action: string, parameters: Parameters = {}, as?: Credentials): Promise<Answer> =>
  server.sts(action, { Version: IMS.version, ...parameters }, as);
async function succeed(
  action: string,
  parameters: Parameters = {},
  as?: Credentials,
): Promise<Answer['body']> {
  const { status, body } = await ims(action, parameters, as);
  assert.equal(status, 200, JSON.stringify(body));
  const { RequestId: _, ...result } = body;
  const read = IMS.operations.get(action)?.response.strict().safeParse(result);
  assert.ok(read?.success, read?.error?.message ?? action);
  return body;
}
const refuses = async (
  action: string,
  parameters: Parameters,
  status: number,
  code: string,
  as?: Credentials,
) => {
  const answer = await ims(action, parameters, as);
  assert.deepEqual([answer.status, answer.body.Code], [status, code], JSON.stringify(answer.body));
};
const named = (OIDCProviderName: string) => ({ OIDCProviderName });

test('a provider is made, shown, changed and deleted', async () => {
  const made = await succeed('CreateOIDCProvider', {
    ...named('Ci'),
    IssuerUrl: 'https://ci.example.com/oidc',
    ClientIds: 'app,sts.aliyuncs.com',
    Description: 'builds',
    IssuanceLimitTime: 12,
  });
  const provider = {
    OIDCProviderName: 'Ci',
    Arn: `acs:ram::${ACCOUNT}:oidc-provider/Ci`,
    IssuerUrl: 'https://ci.example.com/oidc',
    ClientIds: 'app,sts.aliyuncs.com',
    Description: 'builds',
    IssuanceLimitTime: 12,
    CreateDate: '2027-01-15T08:00:00Z',
    UpdateDate: '2027-01-15T08:00:00Z',
    GmtCreate: '1800000000123',
    GmtModified: '1800000000123',
  };
  assert.deepEqual(made.OIDCProvider, provider);
  assert.deepEqual((await succeed('GetOIDCProvider', named('cI'))).OIDCProvider, provider);

  clock.now += 60_000;
  const changed = await succeed('UpdateOIDCProvider', {
    ...named('ci'),
    NewDescription: '',
    ClientIds: 'one',
  });
  assert.deepEqual(changed.OIDCProvider, {
    ...provider,
    Description: '',
    ClientIds: 'one',
    UpdateDate: '2027-01-15T08:01:00Z',
    GmtModified: '1800000060123',
  });
  const ids = async (action: string, ClientId: string): Promise<string> =>
    (await succeed(action, { ...named('Ci'), ClientId })).OIDCProvider.ClientIds;
  assert.equal(await ids('AddClientIdToOIDCProvider', 'two'), 'one,two');
  assert.equal(await ids('AddClientIdToOIDCProvider', 'two'), 'one,two');
  assert.equal(await ids('RemoveClientIdFromOIDCProvider', 'one'), 'two');
  assert.equal(await ids('RemoveClientIdFromOIDCProvider', 'one'), 'two');
  assert.equal(await ids('RemoveClientIdFromOIDCProvider', 'two'), undefined);

  await succeed('DeleteOIDCProvider', named('CI'));
  const actions = ['GetOIDCProvider', 'UpdateOIDCProvider', 'DeleteOIDCProvider'];
  for (const action of actions) await refuses(action, named('Ci'), 404, 'EntityNotExist.OIDCProvider');
});

test('name and issuer are unique, and client ids are 50 at most', async () => {
  await succeed('CreateOIDCProvider', { ...named('one'), IssuerUrl: 'https://one.example.com' });
  const again = { ...named('ONE'), IssuerUrl: 'https://two.example.com' };
  await refuses('CreateOIDCProvider', again, 409, 'EntityAlreadyExists.OIDCProvider');
  const same = { ...named('two'), IssuerUrl: 'https://one.example.com' };
  await refuses('CreateOIDCProvider', same, 409, 'EntityAlreadyExists.OIDCProvider.Url');
  const ClientIds = Array.from({ length: 50 }, (_, i) => `c${i}`).join(',');
  await succeed('UpdateOIDCProvider', { ...named('one'), ClientIds });
  const more = { ...named('one'), ClientId: 'c50' };
  await refuses('AddClientIdToOIDCProvider', more, 409, 'LimitExceeded.OIDCProvider.ClientId');
  await succeed('AddClientIdToOIDCProvider', { ...named('one'), ClientId: 'c49' });
});

test('providers are listed by pages, and an account has 100 at most', async () => {
  const { OIDCProviders } = await succeed('ListOIDCProviders');
  for (let i = OIDCProviders.OIDCProvider.length; i < 100; i++) {
    await succeed('CreateOIDCProvider', { ...named(`p${i}`), IssuerUrl: `https://p${i}.example.com` });
  }
  const one = { ...named('more'), IssuerUrl: 'https://more.example.com' };
  await refuses('CreateOIDCProvider', one, 409, 'LimitExceeded.OIDCProvider');
  const names: string[] = [];
  let Marker = '';
  do {
    const page = await succeed('ListOIDCProviders', { MaxItems: 33, ...(Marker && { Marker }) });
    names.push(...page.OIDCProviders.OIDCProvider.map((shown: Answer['body']) => shown.OIDCProviderName));
    assert.equal(page.IsTruncated, page.Marker !== undefined);
    Marker = page.Marker;
  } while (Marker);
  assert.equal(new Set(names).size, 100);
  await refuses('ListOIDCProviders', { MaxItems: 101 }, 400, 'InvalidParameter');
});

test('a user needs leave for the provider by its name', async () => {
  const ann = await makeUser(server, 'ann', [
    {
      Effect: 'Allow',
      Action: ['ram:Get*', 'ram:Delete*'],
      Resource: `acs:ram:*:${ACCOUNT}:oidc-provider/p*`,
    },
    { Effect: 'Allow', Action: 'ram:ListOIDCProviders', Resource: '*' },
    { Effect: 'Deny', Action: 'ram:Delete*', Resource: '*/p50' },
  ]);
  await succeed('ListOIDCProviders', {}, ann);
  await succeed('GetOIDCProvider', named('p50'), ann);
  await succeed('DeleteOIDCProvider', named('p51'), ann);
  await refuses('DeleteOIDCProvider', named('P50'), 403, 'NoPermission', ann);
  await refuses('GetOIDCProvider', named('one'), 403, 'NoPermission', ann);
  await refuses('GetOIDCProvider', named('zero'), 403, 'NoPermission', ann);
  await refuses('GetOIDCProvider', named('p-none'), 404, 'EntityNotExist.OIDCProvider', ann);
  const one = { ...named('pnew'), IssuerUrl: 'https://new.example.com' };
  await refuses('CreateOIDCProvider', one, 403, 'NoPermission', ann);
});

test('what pins certificates is refused, not ignored', async () => {
  const pinned = { ...named('pin'), IssuerUrl: 'https://pin.example.com', Fingerprints: 'a'.repeat(40) };
  await refuses('CreateOIDCProvider', pinned, 400, 'UnsupportedOperation');
  await refuses('AddFingerprintToOIDCProvider', named('one'), 400, 'UnsupportedOperation');
});
