import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findOperator, holds, parseConditionKey } from './conditions.ts';
import { foldAscii } from './fold.ts';
import type { Condition } from './policy.ts';

function condition(operator: string, ...values: readonly string[]): Condition {
  const found = findOperator(operator);
  assert.ok(found, operator);
  const tests = values.map((value) => {
    const compiled = found.test(value);
    assert.ok(compiled, `${operator} takes ${value}`);
    return compiled;
  });
  return { element: '', key: { name: 'a:b', of: '' }, negated: found.negated, tests };
}

const isMet = (
  operator: string,
  values: readonly string[],
  given: string | readonly string[] | undefined,
): boolean => holds(condition(operator, ...values), () => given);

const POSITIVE: Readonly<Record<string, readonly [value: string, given: string, matches: boolean][]>> = {
  StringEquals: [
    ['a', 'a', true],
    ['a', 'A', false],
    ['', '', true],
    ['*', 'a', false],
    ['é', 'e\u0301', false],
    ['a', 'а', false],
    ['01', '1', false],
  ],
  StringEqualsIgnoreCase: [
    ['Apollo', 'aPOLLO', true],
    ['*', 'a', false],
    ['k', '\u212a', true],
  ],
  StringLike: [
    ['a*', 'abc', true],
    ['a?', 'A1', false],
    ['*', '', true],
    ['?', '', false],
  ],
  NumericEquals: [
    ['1', '1.0', true],
    ['-0', '0', true],
    ['007', '7', true],
    ['9007199254740992', '9007199254740993', false],
    ['0.1', '0.10000000000000000001', false],
    ['1', 'a', false],
    ['1', '1e0', false],
    ['1', '', false],
    ['16', '0x10', false],
    ['1', ' 1', false],
  ],
  NumericLessThan: [
    ['10', '9', true],
    ['10', '10', false],
    ['-1', '-2', true],
    ['-1.25', '-1.3', true],
    ['0', '-0', false],
    ['1', 'NaN', false],
    ['99999999999999999999999', '99999999999999999999998', true],
  ],
  NumericLessThanEquals: [
    ['10', '10.00', true],
    ['10', '10.01', false],
    ['1', '-Infinity', false],
  ],
  NumericGreaterThan: [
    ['1.5', '1.45', false],
    ['1.45', '1.5', true],
    ['-10', '-9', true],
    ['1', '1e400', false],
  ],
  NumericGreaterThanEquals: [
    ['1.5', '1.50', true],
    ['1.5', '1.4', false],
  ],
  DateEquals: [
    ['2019-08-12T17:00:00+08:00', '2019-08-12T09:00:00Z', true],
    ['2019-08-12T00:30:00-00:30', '2019-08-12T01:00:00.000Z', true],
    ['2019-08-12T17:00:00Z', '2019-08-12T17:00:00.001Z', false],
    ['2019-08-12T17:00:00.5Z', '2019-08-12T17:00:00.500Z', true],
    ['2019-08-12T17:00:00Z', '2019-08-12', false],
    ['2019-08-12T17:00:00Z', '2019-08-12T17:00:00', false],
  ],
  DateLessThan: [
    ['2020-01-01T00:00:00+08:00', '2019-12-31T15:59:59Z', true],
    ['2020-01-01T00:00:00+08:00', '2019-12-31T16:00:00Z', false],
  ],
  DateLessThanEquals: [['2020-01-01T00:00:00+08:00', '2019-12-31T16:00:00Z', true]],
  DateGreaterThan: [
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00.5Z', true],
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00Z', false],
    ['0001-01-01T00:00:00Z', '1900-01-01T00:00:00Z', true],
  ],
  DateGreaterThanEquals: [
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00Z', true],
    ['2016-12-31T23:59:59Z', '2016-12-31T23:59:60Z', false],
  ],
  Bool: [
    ['true', 'true', true],
    ['false', 'false', true],
    ['true', 'false', false],
    ['false', '', false],
    ['true', 'TRUE', false],
  ],
  IpAddress: [
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.9.9.9/8', '10.0.0.1', true],
    ['192.168.0.0/17', '192.168.127.255', true],
    ['192.168.0.0/17', '192.168.128.0', false],
    ['10.0.0.1/32', '10.0.0.1', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['::/0', 'ffff::1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['2001:DB8:0:0::1', '2001:db8::1', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:a01:203', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['::ffff:0:0/95', '10.1.2.3', false],
    ['::10.1.2.3', '10.1.2.3', false],
    ['10.1.2.3', '1::ffff:10.1.2.3', false],
    ['64:ff9b::10.1.2.3', '64:ff9b::a01:203', true],
    ['10.0.0.0/8', '10.1.2.3/32', false],
    ['10.0.0.1', '10.0.0.01', false],
    ['fe80::1', 'fe80::1%eth0', false],
    ['10.0.0.1', '', false],
  ],
};

const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

for (const [operator, rows] of Object.entries(POSITIVE)) {
  for (const [value, given, matches] of rows) {
    test(`${operator} ${value} ${matches ? 'holds' : 'does not hold'} for ${JSON.stringify(given)}`, () => {
      assert.equal(isMet(operator, [value], given), matches);
    });
  }

  test(`${operator}: values are alternatives, and a missing key is none of them`, () => {
    for (const [value, given, matches] of rows) {
      for (const [other] of rows) {
        assert.equal(
          isMet(operator, [other, value], given),
          matches || isMet(operator, [other], given),
          `${other} or ${value}`,
        );
      }
      assert.equal(isMet(operator, [value], undefined), false);
      assert.equal(isMet(operator, [value], []), false);
      assert.equal(isMet(operator, [value], ['\0none', given]), matches);
    }
  });
}

for (const [operator, positive] of Object.entries(NEGATED)) {
  test(`${operator} holds where ${positive} does not, with none of the values and none given too`, () => {
    const rows = POSITIVE[positive] ?? [];
    for (const [value, given] of rows) {
      for (const [other] of rows) {
        for (const seen of [given, undefined, [], [given], ['\0none', given]]) {
          assert.notEqual(isMet(operator, [value, other], seen), isMet(positive, [value, other], seen));
        }
      }
    }
  });
}

test('these are all the operators', () => {
  for (const operator of [...Object.keys(POSITIVE), ...Object.keys(NEGATED)])
    assert.ok(findOperator(operator));
  assert.equal(Object.keys(POSITIVE).length + Object.keys(NEGATED).length, 21);
  for (const name of [
    'constructor',
    '__proto__',
    'stringequals',
    'NumericLike',
    'ArnEquals',
    'BoolNot',
    '',
  ]) {
    assert.equal(findOperator(name), undefined, name);
  }
});

const NO_VALUES: Readonly<Record<string, readonly string[]>> = {
  NumericEquals: [
    '',
    'NaN',
    'Infinity',
    '1e400',
    '1e3',
    '0x10',
    '1,5',
    '.5',
    '5.',
    '--1',
    '1_000',
    '١',
    ' 1',
    '1\n',
  ],
  DateEquals: [
    ...['', '2019-08-12', '2019-08-12T17:00:00', '2019-08-12 17:00:00Z', '2019-8-12T17:00:00Z', '1565600400'],
    ...['2019-02-29T00:00:00Z', '2019-04-31T00:00:00Z', '2019-13-01T00:00:00Z', '2019-01-01T24:00:00Z'],
    ...[
      '2016-12-31T23:59:60Z',
      '2019-01-01T00:60:00Z',
      '2019-01-01T00:00:00+24:00',
      '2019-01-01T00:00:00+00:60',
    ],
    ...[
      '2019-01-01T00:00:00z',
      '2019-01-01T00:00:00+0800',
      '2019-01-01T00:00:00,5Z',
      '+002019-01-01T00:00:00Z',
    ],
    ...['2019-01-01T00:00:00Z\n', '2019-01-01T00:00:00.1234Z'],
  ],
  Bool: ['', 'True', '1', 'yes', 'true '],
  IpAddress: [
    ...['', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.1/33', '10.0.0.1/', '10.0.0.1/08', '10.0.0.1/-1'],
    ...[
      '10.0.0.1/8/8',
      '::/129',
      '1::2::3',
      'fe80::1%eth0',
      '[::1]',
      '10.0.0.*',
      '::ffff:10.0.0.1/129',
      'a',
      '/8',
    ],
  ],
};

for (const [operator, values] of Object.entries(NO_VALUES)) {
  for (const value of values) {
    test(`${operator} refuses the value ${JSON.stringify(value)}`, () => {
      assert.equal(findOperator(operator)?.test(value), undefined);
    });
  }
}

test('numbers are ordered as BigInt orders them', () => {
  const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
  fc.assert(
    fc.property(digits, digits, fc.nat(25), (a, b, places) => {
      const decimal = (n: bigint) => {
        const text = (n < 0n ? -n : n).toString().padStart(places + 1, '0');
        const cut = text.length - places;
        return `${n < 0n ? '-' : ''}${text.slice(0, cut)}${places > 0 ? '.' : ''}${text.slice(cut)}`;
      };
      assert.equal(isMet('NumericLessThan', [decimal(b)], decimal(a)), a < b);
      assert.equal(isMet('NumericGreaterThanEquals', [decimal(b)], decimal(a)), a >= b);
      assert.equal(isMet('NumericEquals', [`${decimal(a)}${places > 0 ? '0' : '.0'}`], decimal(a)), true);
    }),
  );
});

test('a time is the same in every zone', () => {
  const range = {
    min: new Date('0002-01-01T00:00:00Z'),
    max: new Date('9998-01-01T00:00:00Z'),
    noInvalidDate: true,
  };
  fc.assert(
    fc.property(fc.date(range), fc.integer({ min: -1439, max: 1439 }), (at, offset) => {
      const two = (n: number) => String(n).padStart(2, '0');
      const size = Math.abs(offset);
      const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
      const local = new Date(at.getTime() + offset * 60_000).toISOString().replace('Z', zone);
      assert.equal(isMet('DateEquals', [local], at.toISOString()), true, local);
    }),
  );
});

test('an address is in the block of its own first bits, and the next block is another', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (address, bits) => {
      const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
      const flipped = (number ^ (1 << (32 - bits))) >>> 0;
      const other = [24, 16, 8, 0].map((shift) => (flipped >>> shift) & 255).join('.');
      assert.equal(isMet('IpAddress', [`${address}/${bits}`], address), true);
      assert.equal(isMet('IpAddress', [`${address}/${bits}`], other), false);
      assert.equal(isMet('IpAddress', [`::ffff:${address}/${bits + 96}`], other), false);
      assert.equal(isMet('IpAddress', [`${address}/${bits - 1}`], other), true);
    }),
  );
  fc.assert(fc.property(fc.ipV6(), (address) => isMet('IpAddress', [address], address)));
});

const CONDITION_KEYS: readonly (readonly [string, string, string])[] = [
  ['acs:SourceIp', 'acs:sourceip', ''],
  ['acs:PrincipalARN', 'acs:principalarn', ''],
  ['kms:tag/Project', 'kms:tag/', 'Project'],
  ['KMS:TAG/acs:rds:Instance', 'kms:tag/', 'acs:rds:Instance'],
  ['kms:EncryptionContext:A:b/C', 'kms:encryptioncontext:', 'A:b/C'],
  ['acs:ResourceTag/a/B', 'acs:resourcetag/', 'a/B'],
  ['kms:tag/__proto__', 'kms:tag/', '__proto__'],
  ['kms:tag/*', 'kms:tag/', '*'],
  ['kms:tag/ \n', 'kms:tag/', ' \n'],
  ['sts:ExternalId', 'sts:externalid', ''],
];

for (const [text, name, of] of CONDITION_KEYS) {
  test(`the condition key ${JSON.stringify(text)} is ${name} of ${JSON.stringify(of)}`, () => {
    assert.deepEqual(parseConditionKey(text), { name, of });
    assert.deepEqual(parseConditionKey(name.toUpperCase() + of), { name, of });
    assert.equal(foldAscii(name), name);
  });
}

test('what is no condition key', () => {
  for (const text of [
    '',
    'SourceIp',
    '__proto__',
    'acs:',
    ':SourceIp',
    'kms:tag/',
    'kms:a:',
    'a b:c',
    '\u212ams:tag/a',
  ]) {
    assert.equal(parseConditionKey(text), undefined, text);
  }
});
