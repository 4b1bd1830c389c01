import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { ACTIONTRAIL } from '../actiontrail/product.ts';
import { ERRORS } from '../errors.ts';
import type { Operation } from '../operation.ts';
import { STS } from '../sts/product.ts';
import { RAM } from './product.ts';

/** What the vendor documents of one operation. */
interface Documented {
  readonly service: string;
  readonly name: string;
  readonly request: readonly { readonly name: string; readonly required: boolean }[];
  readonly response: readonly string[];
  readonly errors: readonly { readonly http: number; readonly code: string }[];
}

const vendor: readonly Documented[] = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/ram-operations.json', import.meta.url), 'utf8'),
);
const products = new Map([RAM, STS, ACTIONTRAIL].map((product) => [product.name.toLowerCase(), product]));
const operations = [...products.values()].flatMap((product) => [...product.operations.values()]);

const served = vendor.map((documented) => {
  const operation = products.get(documented.service)?.operations.get(documented.name);
  return { documented, operation: operation ?? assert.fail(`${documented.name} is not there`) };
});

/** What the vendor has not, or does not document. */
const OURS = ['ram SimulatePolicy', 'sts AssumeRoleWithOIDC'];

/** Documented names that the contract leaves out. */
const OMITTED: Readonly<Record<string, string>> = {
  'AssumeRole SourceIdentity': 'answers the parameter, which is refused',
};

/** Where our idea of "required" differs. */
const REQUIRED_DIFFERS: Readonly<Record<string, string>> = {
  'LookupEvents LookupAttribute[].Key': 'a filter without key means nothing',
  'LookupEvents LookupAttribute[].Value': 'a filter without value means nothing',
};

/** Documented codes that an operation of ours never answers, or that every operation does. */
const ERRORS_ELSEWHERE: Readonly<Record<string, string>> = {
  NoPermission: 'authorisation, common to all',
  InternalError: 'common to all',
  IncompleteSignature: 'authentication, common to all',
  Inactive: 'RAM is always open here',
  'InvalidParameter.ContentType': 'of the wire, which reads what it can',
  'InvalidParameter.SerialNumber': 'of a parameter that no client has',
  'InvalidParameter.TokenCode': 'of a parameter that no client has',
  'AuthenticationFail.ApiUsername': 'between services of the vendor',
  'AuthenticationFail.ApiPassword': 'between services of the vendor',
  'DeleteConflict.User.LoginProfile': 'there are no console logins',
  'DeleteConflict.User.MFADevice': 'there are no second factors',
  InsufficientSlsPolicyException: 'there is no log service',
  MaximumNumberOfOrganizationTrailExceeded: 'there are no trails of several accounts',
};

/** Parameters and members of answers that the trail does not keep. */
const UNRECORDED: Readonly<Record<string, string>> = {
  AccessKeySecret: 'a secret',
  SecurityToken: 'a secret',
  OIDCToken: 'a secret',
  ExternalId: 'what the two sides of a trust agreed on',
  EncodedDiagnosticMessage: 'opaque and long',
  KeyPolicy: 'long, and supposed only',
  ResourceGroupId: 'refused',
  SourceIdentity: 'refused',
  SlsProjectArn: 'refused',
  SlsWriteRoleArn: 'refused',
  MaxComputeProjectArn: 'refused',
  MaxComputeWriteRoleArn: 'refused',
};

/** The schemas a value passes through, down to the one that has members. */
function members(schema: unknown): { readonly inner: unknown; readonly list: boolean } {
  if (schema instanceof z.ZodOptional) return members(schema.unwrap());
  if (schema instanceof z.ZodCodec) return members(schema.def.out);
  if (schema instanceof z.ZodArray) return { inner: members(schema.element).inner, list: true };
  return { inner: schema, list: false };
}

/** Every member as the vendor's table writes it: `Users.User[].UserName`. */
function* namesOf(schema: unknown, prefix = ''): Generator<{ name: string; required: boolean }> {
  if (!(schema instanceof z.ZodObject)) return;
  for (const [name, field] of Object.entries(schema.shape)) {
    const { inner, list } = members(field);
    const path = `${prefix}${name}${list ? '[]' : ''}`;
    yield { name: path, required: !(field instanceof z.ZodOptional) };
    yield* namesOf(inner, `${path}.`);
  }
}

function leavesOf(schema: z.ZodObject): string[] {
  const names = [...namesOf(schema)].map(({ name }) => name);
  return names.filter((name) => !names.some((other) => other.startsWith(`${name}.`)));
}

const isList = (name: string): string => name.replace(/\[\]$/, '');

test('every documented operation is there, and few besides', () => {
  const named = vendor.map(({ service, name }) => `${service} ${name}`);
  const ours = [...products].flatMap(([service, { operations }]) =>
    [...operations.keys()].map((name) => `${service} ${name}`),
  );
  assert.equal(named.length, 58);
  assert.deepEqual(ours.toSorted(), [...named, ...OURS].toSorted());
  for (const { operations, unsupported } of products.values()) {
    for (const [name, { action }] of operations) {
      assert.equal(action, name);
      assert.ok(!unsupported.has(name), `${name} is served and unsupported`);
    }
  }
});

test('every documented parameter is in the schema, as required as documented, and none besides', () => {
  const unused = new Set(Object.keys(REQUIRED_DIFFERS));
  for (const { documented, operation } of served) {
    const ours = new Map(
      [...namesOf(operation.request)].map(({ name, required }) => [isList(name), required]),
    );
    const theirs = documented.request.map(({ name, required }) => ({
      name: name.replace('.N.', '[].'),
      required,
    }));
    for (const { name, required } of theirs) {
      const place = `${documented.name} ${name}`;
      assert.ok(ours.has(name), `${place} is not in the schema`);
      if (REQUIRED_DIFFERS[place]) unused.delete(place);
      assert.equal(ours.get(name) === required, !REQUIRED_DIFFERS[place], `${place}: required`);
    }
    const top = new Set(theirs.map(({ name }) => name.replace(/\[\].*/, '')));
    assert.deepEqual(new Set(Object.keys(operation.request.shape)), top, documented.name);
  }
  assert.deepEqual([...unused], []);
});

test('every documented member of an answer is in the schema, and none besides', () => {
  const unused = new Set(Object.keys(OMITTED));
  for (const { documented, operation } of served) {
    const theirs = documented.response
      .map((name) => name.replace(/\.\*$/, ''))
      .filter((name) => name !== 'RequestId' && !unused.delete(`${documented.name} ${name}`));
    assert.deepEqual(leavesOf(operation.response).toSorted(), theirs.toSorted(), documented.name);
  }
  assert.deepEqual([...unused], []);
});

test('every documented error is listed, with its documented status', () => {
  const statuses: Readonly<Record<string, { readonly status: number } | undefined>> = ERRORS;
  const unused = new Set(Object.keys(ERRORS_ELSEWHERE));
  for (const { documented, operation } of served) {
    const listed = new Set<string>(operation.errors);
    for (const { http, code } of documented.errors) {
      const elsewhere = ERRORS_ELSEWHERE[code];
      assert.equal(listed.has(code), elsewhere === undefined, `${documented.name} ${code}`);
      if (elsewhere) unused.delete(code);
      else assert.equal(statuses[code]?.status, http, code);
    }
  }
  assert.deepEqual([...unused], []);
});

test('an error is listed once, and is answered in the dialect of the gateway where it is of these products', () => {
  const shared = ['InvalidParameter', 'MissingParameter', 'UnsupportedOperation'];
  const ofKeys = ['Forbidden.KeyNotFound', 'Forbidden.AliasNotFound'];
  for (const { action, errors } of operations) {
    assert.equal(new Set(errors).size, errors.length, action);
    for (const code of errors) {
      if (action === 'SimulatePolicy' && ofKeys.includes(code)) continue;
      if (!shared.includes(code)) assert.equal(ERRORS[code].dialect, 'gateway', code);
    }
  }
});

/** Operations that another action is asked for, besides their own. */
const FURTHER_ACTIONS: Readonly<Record<string, string>> = {
  CreateTrail: 'ram:PassRole',
  UpdateTrail: 'ram:PassRole',
};
/** Its own is that of AssumeRole: the trust policy decides. */
const GRANTED_AS: Readonly<Record<string, string>> = { AssumeRoleWithOIDC: 'AssumeRole' };

test('an operation is granted under its own name; only one is open to all', () => {
  for (const [service, { operations }] of products) {
    for (const { action, grants } of operations.values()) {
      const [own, ...others] = [...new Set(grants.map((grant) => grant.action))];
      if (own === undefined) assert.equal(action, 'GetCallerIdentity');
      else assert.equal(own, `${service}:${GRANTED_AS[action] ?? action}`);
      assert.deepEqual(others, [FURTHER_ACTIONS[action] ?? []].flat());
    }
  }
});

/** RAM 8.2, line by line. */
const RESOURCES: readonly (readonly [actions: RegExp, kinds: readonly string[]])[] = [
  [/^(CreateUser|ListUsers)$/, ['users']],
  [/^(Get|Delete)User$|AccessKey|^(ListGroupsForUser|ListPoliciesForUser)$/, ['user']],
  // Stricter than its line: a user renamed is who policies name so.
  [/^UpdateUser$/, ['user', 'user']],
  [/^(CreateGroup|ListGroups)$/, ['groups']],
  [/^(Get|Update|Delete)Group$|^(ListUsersForGroup|ListPoliciesForGroup)$/, ['group']],
  [/^(AddUserToGroup|RemoveUserFromGroup)$/, ['user', 'group']],
  [/^(CreateRole|ListRoles)$/, ['roles']],
  [/^(Get|Update|Delete)Role$|^ListPoliciesForRole$/, ['role']],
  [/^(CreatePolicy|ListPolicies|SimulatePolicy)$/, ['policies']],
  [/^(Get|Delete)Policy$|^UpdatePolicyDescription$|PolicyVersion|^ListEntitiesForPolicy$/, ['policy']],
  [/^(Attach|Detach)Policy\w+User$/, ['user', 'policy']],
  [/^(Attach|Detach)Policy\w+Group$/, ['group', 'policy']],
  [/^(Attach|Detach)Policy\w+Role$/, ['role', 'policy']],
  [/^(Tag|Untag|ListTag)Resources$/, ['listedByType']],
  [/^DecodeDiagnosticMessage$/, ['service']],
];

test('the resources of RAM are those of its table', () => {
  for (const { action, grants } of RAM.operations.values()) {
    const lines = RESOURCES.filter(([actions]) => actions.test(action));
    assert.equal(lines.length, 1, action);
    assert.deepEqual(
      grants.map(({ resource }) => resource.kind),
      lines[0]?.[1],
      action,
    );
  }
});

test('a resource rule names parameters of its own request', () => {
  for (const { action, grants, request } of operations) {
    for (const { resource } of grants) {
      const named = ['parameter', 'typeParameter'].map((part): unknown => Reflect.get(resource, part));
      for (const parameter of named.filter((name) => name !== undefined)) {
        assert.ok(String(parameter) in request.shape, `${action} ${parameter}`);
      }
      if (resource.kind === 'user' && !resource.orCaller && !resource.ifGiven) {
        assert.ok(!(request.shape[resource.parameter] instanceof z.ZodOptional), action);
      }
    }
    // A policy that can be a system one must not be taken for a custom one of the same name.
    for (const { resource } of grants) {
      if (resource.kind !== 'policy') continue;
      assert.equal(resource.typeParameter, 'PolicyType' in request.shape ? 'PolicyType' : undefined, action);
    }
  }
});

test('what looks reads, and what changes writes', () => {
  for (const { action, effect } of operations) {
    const looks = /^(Get|List|Describe|Lookup|Decode|Simulate)/.test(action);
    assert.equal(effect, looks ? 'read' : 'write', action);
  }
});

test('the trail keeps every parameter, and every answer of a write, but for what is named here', () => {
  const last = (name: string): string => name.split('.').at(-1) ?? '';
  const unused = new Set(Object.keys(UNRECORDED));
  for (const { action, effect, trail, request, response } of operations) {
    const asked = Object.keys(request.shape).filter((name) => !UNRECORDED[name]);
    assert.deepEqual(trail.request.toSorted(), asked.toSorted(), action);
    for (const name of [...Object.keys(request.shape), ...leavesOf(response)]) unused.delete(last(name));

    const all = [...namesOf(response)].map(({ name }) => name);
    for (const name of trail.response) assert.ok(all.includes(name), `${action} ${name}`);
    const kept = leavesOf(response).filter((leaf) =>
      trail.response.some((name) => leaf === name || leaf.startsWith(`${name}.`)),
    );
    const secret = /Secret|Token$|Password/;
    const wanted = effect === 'read' ? [] : leavesOf(response).filter((leaf) => !secret.test(leaf));
    assert.deepEqual(kept.toSorted(), wanted.toSorted(), action);
    assert.equal(trail.unrecorded, undefined, action);
  }
  assert.deepEqual([...unused], []);
});

test('only AssumeRoleWithOIDC comes unsigned', () => {
  const unsigned = operations.filter((operation: Operation) => operation.unsigned);
  assert.deepEqual(
    unsigned.map(({ action }) => action),
    ['AssumeRoleWithOIDC'],
  );
});

test('every parameter has a description, which is its help text', () => {
  for (const operation of operations) {
    for (const [name, field] of Object.entries(operation.request.shape)) {
      const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
      const description = field.description ?? (inner instanceof z.ZodType ? inner.description : undefined);
      assert.ok(description, `${operation.action} ${name}`);
      assert.ok(description.length <= 100, `${operation.action} ${name}: ${description.length} characters`);
    }
  }
});
