/**
 * Drives the Node clients: `node rig.js <client>`, started in the directory where they are installed.
 * One call per line comes in, one answer per line goes out; see ../../rig.ts.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.cwd()}/rig.js`);
const { KEYHOLD_SCHEME: protocol, KEYHOLD_ENDPOINT: endpoint, KEYHOLD_CA } = process.env;
const accessKeyId = process.env.KEYHOLD_ACCESS_KEY_ID;
const accessKeySecret = process.env.KEYHOLD_ACCESS_KEY_SECRET;
const ca = KEYHOLD_CA && readFileSync(KEYHOLD_CA, 'utf8');
const MISSING = Symbol('the client does not offer this operation');

const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
/** Maps travel as JSON text. */
const mapsAsText = (parameters) =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, isMap(value) ? JSON.stringify(value) : value]),
  );

function popCore(method) {
  const Core = require('@alicloud/pop-core').RPCClient;
  const client = new Core({
    accessKeyId,
    accessKeySecret,
    endpoint: `${protocol}://${endpoint}`,
    apiVersion: '2016-01-20',
    ...(ca && { opts: { agent: new Agent({ ca }) } }),
  });
  return (operation, parameters) => client.request(operation, mapsAsText(parameters), { method });
}

/** Its methods take positional arguments, and it hands errors back as results. */
function kmsSdk() {
  const Kms = require('@alicloud/kms-sdk');
  const client = new Kms({ endpoint, accessKeyId, accessKeySecret });
  const order = {
    CancelKeyDeletion: ['KeyId'],
    CreateAlias: ['KeyId', 'AliasName'],
    CreateKey: ['Origin', 'Description'],
    Decrypt: ['CiphertextBlob', 'EncryptionContext'],
    DeleteAlias: ['AliasName'],
    DescribeKey: ['KeyId'],
    DescribeRegions: [],
    DisableKey: ['KeyId'],
    EnableKey: ['KeyId'],
    Encrypt: ['KeyId', 'Plaintext', 'EncryptionContext'],
    GenerateDataKey: ['KeyId', 'KeySpec', 'NumberOfBytes'],
    ListAliases: ['PageNumber', 'PageSize'],
    ListAliasesByKeyId: ['KeyId', 'PageNumber', 'PageSize'],
    ListKeys: ['PageNumber', 'PageSize'],
    ScheduleKeyDeletion: ['KeyId', 'PendingWindowInDays'],
    UpdateAlias: ['KeyId', 'AliasName'],
  };
  return async (operation, parameters) => {
    const names = order[operation];
    if (!names) return MISSING;
    const given = mapsAsText(parameters);
    const body = await client[lowerFirst(operation)](...names.map((name) => given[name]));
    if (body.Code) throw Object.assign(new Error(body.Message), { code: body.Code, data: body });
    return body;
  };
}

function oldTea() {
  const kms = require('@alicloud/kms20160120');
  const tea = require('@alicloud/tea-typescript');
  const { Config } = require('@alicloud/rpc-client');
  const client = new kms.default(
    new Config({ accessKeyId, accessKeySecret, endpoint, protocol, regionId: 'cn-hangzhou' }),
  );
  return async (operation, parameters) => {
    const Request = kms[`${operation}Request`];
    const method = client[lowerFirst(operation)]?.bind(client);
    if (!method) return MISSING;
    return tea.toMap(await (Request ? method(tea.cast(parameters, new Request({}))) : method()));
  };
}

/** The generic call that every generated Tea client makes. */
function tea(packageName) {
  const core = require(packageName);
  const { Config, OpenApiRequest, Params } = core.$OpenApiUtil ?? core;
  const util = core.OpenApiUtil ?? require('@alicloud/openapi-util').default;
  const { RuntimeOptions } = core.$OpenApiUtil
    ? require('@darabonba/typescript')
    : require('@alicloud/tea-util');
  const client = new core.default(
    new Config({
      accessKeyId,
      accessKeySecret,
      endpoint,
      protocol,
      regionId: 'cn-hangzhou',
      ...(ca && { ca }),
    }),
  );
  const call = { version: '2016-01-20', protocol: 'HTTPS', method: 'POST', authType: 'AK', style: 'RPC' };
  const shape = { pathname: '/', reqBodyType: 'formData', bodyType: 'json' };
  return async (operation, parameters) => {
    const params = new Params({ action: operation, ...call, ...shape });
    const request = new OpenApiRequest({ query: util.query(mapsAsText(parameters)) });
    return (await client.callApi(params, request, new RuntimeOptions({}))).body;
  };
}

const clients = {
  'pop-core-get': () => popCore('GET'),
  'pop-core-post': () => popCore('POST'),
  'kms-sdk': kmsSdk,
  'kms20160120-1': oldTea,
  'openapi-client': () => tea('@alicloud/openapi-client'),
  'openapi-core': () => tea('@alicloud/openapi-core'),
};

const local = {
  seal({ key, data }) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), nonce);
    const text = Buffer.concat([cipher.update(data, 'base64'), cipher.final()]);
    return { data: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64') };
  },
  open({ key, data }) {
    const sealed = Buffer.from(data, 'base64');
    const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), sealed.subarray(0, 12));
    cipher.setAuthTag(sealed.subarray(-16));
    return {
      data: Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()]).toString('base64'),
    };
  },
};

const call = clients[process.argv[2]]();

async function answer({ operation, parameters }) {
  try {
    const body = await (local[operation]?.(parameters) ?? call(operation, parameters));
    return body === MISSING ? { missing: true } : { body };
  } catch (error) {
    const { data } = error;
    const status = error.entry?.response.statusCode ?? data?.statusCode ?? data?.HttpStatus;
    return { error: { code: data?.Code ?? error.code ?? error.name, status, message: error.message } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
process.exit();
