/**
 * Drives the Node clients: `node rig.js <client>`, started in the directory where they are installed.
 * One call per line comes in, one answer per line goes out; see ../../rig.ts.
 */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.cwd()}/rig.js`);
const { KEYHOLD_SCHEME: protocol, KEYHOLD_ENDPOINT: endpoint, KEYHOLD_CA } = process.env;
const ACCOUNT = {
  type: 'access_key',
  accessKeyId: process.env.KEYHOLD_ACCESS_KEY_ID,
  accessKeySecret: process.env.KEYHOLD_ACCESS_KEY_SECRET,
};
const ca = KEYHOLD_CA && readFileSync(KEYHOLD_CA, 'utf8');
const MISSING = Symbol('the client does not offer this operation, or this parameter of it');

const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
/** Maps travel as JSON text, and with RAM lists as well. */
const asText = (product, parameters) =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const isText = isMap(value) || (product === 'Ram' && Array.isArray(value));
      return [name, isText ? JSON.stringify(value) : value];
    }),
  );

function popCore(method) {
  return ({ product, version, as: { accessKeyId, accessKeySecret, securityToken } }) => {
    const Core = require('@alicloud/pop-core').RPCClient;
    const client = new Core({
      accessKeyId,
      accessKeySecret,
      securityToken,
      endpoint: `${protocol}://${endpoint}`,
      apiVersion: version,
      ...(ca && { opts: { agent: new Agent({ ca }) } }),
    });
    return (operation, parameters) => client.request(operation, asText(product, parameters), { method });
  };
}

/** Its methods take positional arguments, and it hands errors back as results. */
function kmsSdk({ as: { accessKeyId, accessKeySecret } }) {
  const Kms = require('@alicloud/kms-sdk');
  const client = new Kms({ endpoint, accessKeyId, accessKeySecret });
  const order = {
    CancelKeyDeletion: ['KeyId'],
    CreateAlias: ['KeyId', 'AliasName'],
    CreateKey: ['Origin', 'Description'],
    Decrypt: ['CiphertextBlob', 'EncryptionContext'],
    DeleteAlias: ['AliasName'],
    DeleteKeyMaterial: ['KeyId'],
    DescribeKey: ['KeyId'],
    DescribeRegions: [],
    DisableKey: ['KeyId'],
    EnableKey: ['KeyId'],
    Encrypt: ['KeyId', 'Plaintext', 'EncryptionContext'],
    GenerateDataKey: ['KeyId', 'KeySpec', 'NumberOfBytes'],
    GetParametersForImport: ['KeyId', 'WrappingAlgorithm', 'WrappingKeySpec'],
    ImportKeyMaterial: ['KeyId', 'EncryptedKeyMaterial', 'ImportToken', 'KeyMaterialExpireUnix'],
    ListAliases: ['PageNumber', 'PageSize'],
    ListAliasesByKeyId: ['KeyId', 'PageNumber', 'PageSize'],
    ListKeys: ['PageNumber', 'PageSize'],
    ScheduleKeyDeletion: ['KeyId', 'PendingWindowInDays'],
    UpdateAlias: ['KeyId', 'AliasName'],
  };
  return async (operation, parameters) => {
    const names = order[operation];
    if (!names) return MISSING;
    const foreign = Object.keys(parameters).find((name) => !names.includes(name));
    if (foreign) return { [MISSING]: foreign };
    const given = asText('Kms', parameters);
    // It sends values like 0, but does not sign them.
    if (given.KeyMaterialExpireUnix === 0) delete given.KeyMaterialExpireUnix;
    const body = await client[lowerFirst(operation)](...names.map((name) => given[name]));
    if (body.Code) throw Object.assign(new Error(body.Message), { code: body.Code, data: body });
    return body;
  };
}

function oldTea({ as: { accessKeyId, accessKeySecret } }) {
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

/** Who signs: an access key, a session, or what the credentials library provides. */
function signer({ type, accessKeyId, accessKeySecret, securityToken, ...role }, credentials) {
  if (!credentials) return { accessKeyId, accessKeySecret, securityToken };
  const { default: Credential, Config } = require(credentials);
  const given = { type, accessKeyId, accessKeySecret, securityToken, stsEndpoint: endpoint, ...role };
  return { credential: new Credential(new Config(given)) };
}

const place = { endpoint, protocol, regionId: 'cn-hangzhou', ...(ca && { ca }) };

/** The generic call that every generated Tea client makes. */
function tea(packageName, credentials) {
  const core = require(packageName);
  const { Config, OpenApiRequest, Params } = core.$OpenApiUtil ?? core;
  const util = core.OpenApiUtil ?? require('@alicloud/openapi-util').default;
  const { RuntimeOptions } = core.$OpenApiUtil
    ? require('@darabonba/typescript')
    : require('@alicloud/tea-util');
  return ({ product, version, as }) => {
    const client = new core.default(new Config({ ...place, ...signer(as, credentials) }));
    const call = { version, protocol: 'HTTPS', method: 'POST', authType: 'AK', style: 'RPC' };
    const shape = { pathname: '/', reqBodyType: 'formData', bodyType: 'json' };
    return async (operation, parameters) => {
      const request = new OpenApiRequest({ query: util.query(asText(product, parameters)) });
      const options = new RuntimeOptions({});
      if (operation === 'AssumeRoleWithOIDC') {
        // The one that needs no signature, as the generated client of STS makes it.
        const how = ['HTTPS', 'POST', 'Anonymous', 'json'];
        return (await client.doRPCRequest(operation, version, ...how, request, options)).body;
      }
      const params = new Params({ action: operation, ...call, ...shape });
      return (await client.callApi(params, request, options)).body;
    };
  };
}

/** The generated clients of the newest Tea core, which there are for RAM and STS alone. */
function generated() {
  const core = '@alicloud/openapi-core';
  const { Config } = require(core).$OpenApiUtil;
  const { cast } = require('@darabonba/typescript');
  const generic = tea(core);
  const packages = { Ram: '@alicloud/ram20150501', Sts: '@alicloud/sts20150401' };
  return (who) => {
    if (!packages[who.product]) return generic(who);
    const api = require(packages[who.product]);
    const client = new api.default(new Config({ ...place, ...signer(who.as) }));
    return async (operation, parameters) => {
      const Request = api[`${operation}Request`];
      const method = client[lowerFirst(operation)]?.bind(client);
      if (!method) return MISSING;
      return (await (Request ? method(cast(parameters, new Request({}))) : method())).body.toMap();
    };
  };
}

const clients = {
  'pop-core-get': () => popCore('GET'),
  'pop-core-post': () => popCore('POST'),
  'kms-sdk': () => kmsSdk,
  'kms20160120-1': () => oldTea,
  'openapi-client': () => tea('@alicloud/openapi-client'),
  'openapi-core': () => tea('@alicloud/openapi-core'),
  'node-generated': generated,
  'node-credentials': () => tea('@alicloud/openapi-client', '@alicloud/credentials'),
};

const PADDINGS = {
  RSAES_OAEP_SHA_1: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  RSAES_OAEP_SHA_256: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
};

const local = {
  wrap({ publicKey, material, algorithm }) {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    const wrapped = publicEncrypt({ key, ...PADDINGS[algorithm] }, Buffer.from(material, 'base64'));
    return { data: wrapped.toString('base64') };
  },
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

const connect = clients[process.argv[2]]();
const connected = new Map();

/** A client per product and identity, as programs have them. */
function clientOf({ product, version, as = ACCOUNT }) {
  const who = JSON.stringify([product, as]);
  if (!connected.has(who)) connected.set(who, connect({ product, version, as }));
  return connected.get(who);
}

async function answer({ operation, parameters, ...who }) {
  try {
    const body = await (local[operation]?.(parameters) ?? clientOf(who)(operation, parameters));
    if (body === MISSING) return { missing: true };
    return body?.[MISSING] ? { missing: body[MISSING] } : { body };
  } catch (error) {
    const { data } = error;
    const status = error.entry?.response.statusCode ?? data?.statusCode ?? data?.HttpStatus;
    const detail = data?.AccessDeniedDetail ?? error.accessDeniedDetail;
    const code = data?.Code ?? error.code ?? error.name;
    return { error: { code, status, message: error.message, detail } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
process.exit();
