import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePolicy } from './parse.ts';
import type { PolicyKind } from './policy.ts';
import { PolicyError } from './policy-error.ts';

const OWN = { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' };
const PRINCIPAL = { RAM: ['acs:ram::1111222233334444:root'] };
/** A statement that each kind accepts. */
const STATEMENT: Readonly<Record<PolicyKind, object>> = {
  identity: OWN,
  session: OWN,
  trust: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: PRINCIPAL },
  key: { ...OWN, Principal: PRINCIPAL },
};
const KINDS = Object.keys(STATEMENT) as PolicyKind[];

const document = (...statements: readonly unknown[]): string =>
  JSON.stringify({ Version: '1', Statement: statements });
const withElements = (kind: PolicyKind, elements: object): string =>
  document({ ...STATEMENT[kind], ...elements });
const conditioned = (condition: unknown): string => withElements('identity', { Condition: condition });

function refused(text: string, kind: PolicyKind): PolicyError {
  try {
    parsePolicy(text, kind);
  } catch (error) {
    assert.ok(error instanceof PolicyError, String(error));
    return error;
  }
  return assert.fail(`accepted: ${text}`);
}

for (const kind of KINDS) {
  test(`a ${kind} policy is read and frozen to the bottom`, () => {
    const elements = { Sid: 'one', Condition: { Bool: { 'acs:SecureTransport': 'true' } } };
    const policy = parsePolicy(withElements(kind, elements), kind);
    assert.equal(policy.kind, kind);
    const open: unknown[] = [policy];
    for (const value of open) {
      if (typeof value !== 'object' || value === null) continue;
      assert.ok(Object.isFrozen(value));
      open.push(...Object.values(value));
    }
    assert.ok(open.length > 20);
  });

  test(`a ${kind} policy of any JSON is read or refused with a place`, () => {
    const word = fc.constantFrom(
      'Version',
      '1',
      'Statement',
      'Effect',
      'Allow',
      'Action',
      'kms:*',
      'Resource',
      '*',
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        word,
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.oneof(word, fc.constantFrom('Principal', 'Condition', 'Bool', '__proto__')),
          tie('value'),
        ),
      ),
    })).value;
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys({ ...STATEMENT[kind] }), 'Condition'), json),
        (some) => {
          for (const text of [withElements(kind, some), document(some), JSON.stringify(some)]) {
            try {
              parsePolicy(text, kind);
            } catch (error) {
              assert.ok(error instanceof PolicyError, String(error));
            }
          }
        },
      ),
    );
  });
}

test('any text is read or refused as a policy', () => {
  const valid = document(OWN);
  fc.assert(
    fc.property(fc.nat(valid.length), fc.nat(8), fc.string(), (at, length, patch) => {
      const text = valid.slice(0, at) + patch + valid.slice(at + length);
      try {
        parsePolicy(text, 'identity');
      } catch (error) {
        assert.ok(error instanceof PolicyError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

const ACCEPTED: readonly (readonly [string, PolicyKind, object])[] = [
  ['a list of one', 'identity', { Action: ['kms:Encrypt'], Resource: ['*'] }],
  ['an action that does not exist', 'identity', { Action: 'kms:Nonsense' }],
  ['wildcards in the service', 'identity', { Action: ['*:Describe*', '*', 'k?s:*'] }],
  ['an empty condition block', 'identity', { Condition: {} }],
  ['an empty string to compare with', 'identity', { Condition: { StringEquals: { 'kms:tag/a': '' } } }],
  ['a Sid of any text in RAM policies', 'identity', { Sid: '语句!' }],
  ['a Sid', 'key', { Sid: 'kms default key policy' }],
  ['everyone of an account', 'key', { Principal: { RAM: 'acs:ram::1111222233334444:*' } }],
  ['the region as a star', 'key', { Principal: { RAM: 'acs:ram:*:1111222233334444:user/a.b_c-d' } }],
  ['a service', 'trust', { Principal: { Service: ['ecs.aliyuncs.com'] } }],
  ['providers', 'trust', { Principal: { Federated: 'acs:ram::1111222233334444:saml-provider/x' } }],
  ['principals of two types', 'trust', { Principal: { ...PRINCIPAL, Service: 'ecs.aliyuncs.com' } }],
  [
    'an address and a block',
    'session',
    { Condition: { IpAddress: { 'acs:SourceIp': ['::1', '10.0.0.0/8'] } } },
  ],
];

for (const [name, kind, elements] of ACCEPTED) {
  test(`accepted in a ${kind} policy: ${name}`, () => void parsePolicy(withElements(kind, elements), kind));
}

test('NotAction and NotResource stand for the others', () => {
  const text = document({ Effect: 'Deny', NotAction: 'kms:*', NotResource: ['acs:kms:*:*:key'] });
  const [statement] = parsePolicy(text, 'identity').statements;
  assert.deepEqual([statement?.action.negated, statement?.resource?.negated], [true, true]);
});

const S0 = 'Statement[0]';
const WITHOUT: readonly (readonly [PolicyKind, string, string])[] = [
  ['identity', 'Effect', `${S0}.Effect`],
  ['identity', 'Action', S0],
  ['identity', 'Resource', S0],
  ['session', 'Resource', S0],
  ['trust', 'Principal', `${S0}.Principal`],
  ['key', 'Principal', `${S0}.Principal`],
  ['key', 'Resource', S0],
  ['key', 'Action', S0],
];

for (const [kind, element, where] of WITHOUT) {
  test(`a ${kind} policy needs ${element}`, () => {
    assert.equal(refused(withElements(kind, { [element]: undefined }), kind).where, where);
  });
}

const REFUSED: readonly (readonly [PolicyKind, object, string])[] = [
  ['identity', { Effect: 'allow' }, `${S0}.Effect`],
  ['identity', { NotAction: 'kms:*' }, S0],
  ['identity', { NotResource: '*' }, S0],
  ['identity', { Principal: PRINCIPAL }, `${S0}.Principal`],
  ['session', { Principal: PRINCIPAL }, `${S0}.Principal`],
  ['trust', { Resource: '*' }, `${S0}.Resource`],
  ['trust', { NotPrincipal: PRINCIPAL }, `${S0}.NotPrincipal`],
  ['key', { Action: undefined, NotAction: 'kms:*' }, `${S0}.NotAction`],
  ['key', { Resource: undefined, NotResource: '*' }, `${S0}.NotResource`],
  ['key', { Resource: ['*', 'acs:kms:*:*:key/1'] }, `${S0}.Resource[1]`],
  ['key', { Action: ['kms:Encrypt', '*'] }, `${S0}.Action[1]`],
  ['key', { Action: 'k*' }, `${S0}.Action`],
  ['key', { Sid: 'a'.repeat(129) }, `${S0}.Sid`],
  ['key', { Sid: 'a!' }, `${S0}.Sid`],
  ['identity', { Sid: 1 }, `${S0}.Sid`],
  ['identity', { action: 'kms:*' }, `${S0}.action`],
  ['identity', { constructor: 1 }, `${S0}.constructor`],
  ['identity', { Action: [] }, `${S0}.Action`],
  ['identity', { Action: '' }, `${S0}.Action`],
  ['identity', { Action: null }, `${S0}.Action`],
  ['identity', { Action: { 0: 'kms:*' } }, `${S0}.Action`],
  ['identity', { Action: ['kms:*', ['kms:*']] }, `${S0}.Action[1]`],
  ['identity', { Action: 'kms:Encrypt ' }, `${S0}.Action`],
  ['identity', { Action: 'kms：Encrypt' }, `${S0}.Action`],
  ['identity', { Action: '\u212ams:Encrypt' }, `${S0}.Action`],
  ['identity', { Resource: '' }, `${S0}.Resource`],
  ['identity', { Resource: ['*', ''] }, `${S0}.Resource[1]`],
  ['identity', { Resource: 'arn:aws:kms:us-east-1:1:key/1' }, `${S0}.Resource`],
  ['identity', { Resource: 'acs:kms:*:*:alias/\ud800' }, `${S0}.Resource`],
  ['key', { Principal: '*' }, `${S0}.Principal`],
  ['key', { Principal: {} }, `${S0}.Principal`],
  ['key', { Principal: { AWS: '*' } }, `${S0}.Principal.AWS`],
  ['key', { Principal: { Service: 'ecs.aliyuncs.com' } }, `${S0}.Principal.Service`],
  ['key', { Principal: { RAM: [] } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: '*' } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: ['acs:ram::*:root'] } }, `${S0}.Principal.RAM[0]`],
  ['key', { Principal: { RAM: 'acs:ram::1111:user/a/b' } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: 'acs:ram::1111:user/*' } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: 'acs:ram::1111:user/' } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: 'acs:ram::1111:group/a' } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: 'acs:ram::1111:root\n' } }, `${S0}.Principal.RAM`],
  ['key', { Principal: { RAM: 'acs:kms::1111:root' } }, `${S0}.Principal.RAM`],
  ['trust', { Principal: { Service: 'ecs' } }, `${S0}.Principal.Service`],
  ['trust', { Principal: { Federated: 'x' } }, `${S0}.Principal.Federated`],
];

for (const [kind, elements, where] of REFUSED) {
  test(`refused in a ${kind} policy: ${JSON.stringify(elements)}`, () => {
    const error = refused(withElements(kind, elements), kind);
    assert.deepEqual([error.where, error.fault], [where, 'grammar']);
  });
}

const C0 = `${S0}.Condition`;
const CONDITIONS: readonly (readonly [unknown, string, RegExp])[] = [
  [[], C0, /object/],
  [null, C0, /object/],
  [{ StringEquals: {} }, `${C0}.StringEquals`, /key/],
  [{ StringEquals: [] }, `${C0}.StringEquals`, /object/],
  [{ StringEquals: { 'kms:tag/a': [] } }, `${C0}.StringEquals.kms:tag/a`, /one or more/],
  [{ StringEquals: { 'kms:tag/a': ['b', 1] } }, `${C0}.StringEquals.kms:tag/a[1]`, /string/],
  [{ StringLike: { 'kms:tag/a': '\udc00' } }, `${C0}.StringLike.kms:tag/a`, /Unicode/],
  [{ Bool: { 'acs:SecureTransport': true } }, `${C0}.Bool.acs:SecureTransport`, /string/],
  [{ Bool: { 'acs:SecureTransport': 'True' } }, `${C0}.Bool.acs:SecureTransport`, /"true" or "false"/],
  [{ NumericEquals: { 'a:b': '0x10' } }, `${C0}.NumericEquals.a:b`, /decimal/],
  [
    { DateLessThan: { 'acs:CurrentTime': '2019-02-30T00:00:00Z' } },
    `${C0}.DateLessThan.acs:CurrentTime`,
    /8601/,
  ],
  [
    { NotIpAddress: { 'acs:SourceIp': ['10.0.0.1', '10.0.0.0/33'] } },
    `${C0}.NotIpAddress.acs:SourceIp[1]`,
    /CIDR/,
  ],
  [{ StringEquals: { Project: 'a' } }, `${C0}.StringEquals`, /"Project" is no condition key/],
  [{ StringEquals: { constructor: 'a' } }, `${C0}.StringEquals`, /"constructor" is no condition key/],
  [{ stringEquals: { 'kms:tag/a': 'a' } }, `${C0}.stringEquals`, /"stringEquals" does not exist/],
  [{ constructor: { 'kms:tag/a': 'a' } }, `${C0}.constructor`, /does not exist/],
  [{ ArnLike: { 'kms:tag/a': 'a' } }, `${C0}.ArnLike`, /does not exist/],
  [
    { StringEqualsIfExists: { 'a:b': 'a' } },
    `${C0}.StringEqualsIfExists`,
    /"StringEqualsIfExists" is not supported/,
  ],
  [{ Null: { 'kms:tag/a': 'true' } }, `${C0}.Null`, /"Null" is not supported/],
  [
    { 'ForAnyValue:StringEquals': { 'a:b': 'a' } },
    `${C0}.ForAnyValue:StringEquals`,
    /"ForAny.*not supported/,
  ],
  [
    { 'ForAllValues:StringEquals': { 'a:b': 'a' } },
    `${C0}.ForAllValues:StringEquals`,
    /"ForAll.*not supported/,
  ],
];

for (const [condition, where, message] of CONDITIONS) {
  test(`refused as a condition: ${JSON.stringify(condition)}`, () => {
    const error = refused(conditioned(condition), 'identity');
    assert.equal(error.where, where);
    assert.match(error.message, message);
  });
}

test('a name of the object prototype as operator or key is refused like another', () => {
  const text = (operator: string, key: string) =>
    `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"${operator}":{"${key}":"a"}}}]}`;
  assert.equal(refused(text('__proto__', 'a:b'), 'identity').where, `${C0}.__proto__`);
  assert.match(
    refused(text('StringEquals', '__proto__'), 'identity').message,
    /"__proto__" is no condition key/,
  );
  assert.equal(
    parsePolicy(text('StringEquals', 'kms:tag/__proto__'), 'identity').statements[0]?.conditions.length,
    1,
  );
});

const STATEMENT_TEXT = JSON.stringify(OWN);
const TEXTS: readonly (readonly [string, string, RegExp])[] = [
  ['', 'line 1, column 1', /JSON/],
  ['\ufeff{}', 'line 1, column 1', /JSON/],
  ['{"Version":"1",\n "Statement":[}', 'line 2, column 15', /JSON/],
  [
    `{"Version":"1","Statement":[${STATEMENT_TEXT}]}x`,
    `line 1, column ${STATEMENT_TEXT.length + 31}`,
    /more/,
  ],
  ['[]', '', /object/],
  ['"1"', '', /object/],
  ['{}', 'Version', /"1"/],
  [`{"Version":1,"Statement":[${STATEMENT_TEXT}]}`, 'Version', /"1"/],
  [`{"Version":"2012-10-17","Statement":[${STATEMENT_TEXT}]}`, 'Version', /"1"/],
  [`{"Version":"1","Statement":${STATEMENT_TEXT}}`, 'Statement', /list/],
  ['{"Version":"1","Statement":[]}', 'Statement', /one or more/],
  ['{"Version":"1"}', 'Statement', /list/],
  ['{"Version":"1","Statement":[null]}', 'Statement[0]', /object/],
  [`{"Version":"1","Id":"x","Statement":[${STATEMENT_TEXT}]}`, 'Id', /belong/],
  [
    `{"Version":"1","Statement":[${STATEMENT_TEXT}],"Version":"1"}`,
    `line 1, column ${STATEMENT_TEXT.length + 31}`,
    /"Version".*twice/,
  ],
  [
    '{"Version":"1","Statement":[{"Effect":"Deny",\n"E\\u0066fect":"Allow"}]}',
    'line 2, column 1',
    /"Effect".*twice/,
  ],
  ['{"__proto__":1,"__proto__":1}', 'line 1, column 16', /"__proto__".*twice/],
  [`{"Version":"1","Statement":${'['.repeat(70)}${']'.repeat(70)}}`, 'line 1, column 92', /deeply/],
];

for (const [text, where, message] of TEXTS) {
  test(`refused as a document: ${text}`, () => {
    const error = refused(text, 'identity');
    assert.equal(error.where, where);
    assert.match(error.message, message);
  });
}

test('the second of two statements is named', () => {
  const error = refused(document(OWN, { ...OWN, Effect: 'Maybe' }), 'identity');
  assert.equal(error.where, 'Statement[1].Effect');
});

const LIMITS: readonly (readonly [PolicyKind, number, string])[] = [
  ['identity', 6144, 'é'],
  ['trust', 6144, 'é'],
  ['session', 2048, 'é'],
  ['key', 32768, 'a'],
];

for (const [kind, most, character] of LIMITS) {
  test(`a ${kind} policy is at most ${most} long`, () => {
    const filled = (length: number) => {
      const condition = (value: string) =>
        withElements(kind, { Condition: { StringEquals: { 'kms:tag/a': value } } });
      return condition(character.repeat(length - condition('').length));
    };
    parsePolicy(filled(most), kind);
    assert.equal(refused(filled(most + 1), kind).fault, 'length');
    if (kind === 'key') assert.equal(refused(filled(most).replace('aaa', 'aéa'), kind).fault, 'length');
  });
}
