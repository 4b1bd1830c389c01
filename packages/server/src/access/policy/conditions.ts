import { compareDecimals, parseDecimal } from './decimal.ts';
import { equalsIgnoringCase, foldAscii } from './fold.ts';
import { glob } from './glob.ts';
import { parseInstant } from './instant.ts';
import { isWithin, parseIpAddress, parseIpBlock } from './ip-block.ts';
import type { Condition, ConditionKey, Context } from './policy.ts';

type Test = (given: string) => boolean;

/** A negated operator holds where none of its values matches, also where the request has no such key (4.3). */
interface Operator {
  readonly negated: boolean;
  /** What its values are, for the error. */
  readonly values: string;
  /** Compiles one value of the policy; undefined for one that the operator cannot compare with. */
  readonly test: (expected: string) => Test | undefined;
}

/** A given value that cannot be read matches nothing. */
function ordered<T>(
  values: string,
  parse: (text: string) => T | undefined,
  compare: (given: T, expected: T) => number,
): (accepts: (order: number) => boolean, negated?: boolean) => Operator {
  return (accepts, negated = false) => ({
    negated,
    values,
    test: (expectedText) => {
      const expected = parse(expectedText);
      if (expected === undefined) return undefined;
      return (givenText) => {
        const given = parse(givenText);
        return given !== undefined && accepts(compare(given, expected));
      };
    },
  });
}

const numeric = ordered('decimal numbers', parseDecimal, compareDecimals);
const date = ordered('dates of ISO 8601 with zone', parseInstant, (given, expected) => given - expected);
const string = (test: (expected: string) => Test, negated = false): Operator => ({
  negated,
  values: 'strings',
  test,
});

const exactly = (expected: string): Test => {
  return (given) => given === expected;
};
const truth = (expected: string): Test | undefined =>
  expected === 'true' || expected === 'false' ? exactly(expected) : undefined;

const equal = (order: number): boolean => order === 0;
const less = (order: number): boolean => order < 0;
const lessOrEqual = (order: number): boolean => order <= 0;
const greater = (order: number): boolean => order > 0;
const greaterOrEqual = (order: number): boolean => order >= 0;

const ip = (negated: boolean): Operator => ({
  negated,
  values: 'IP addresses or CIDR blocks',
  test: (expectedText) => {
    const expected = parseIpBlock(expectedText);
    if (expected === undefined) return undefined;
    return (givenText) => {
      const given = parseIpAddress(givenText);
      return given !== undefined && isWithin(given, expected);
    };
  },
});

/** Complete (RAM document 4.2); names are exact. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', string(exactly)],
  ['StringNotEquals', string(exactly, true)],
  ['StringEqualsIgnoreCase', string(equalsIgnoringCase)],
  ['StringNotEqualsIgnoreCase', string(equalsIgnoringCase, true)],
  ['StringLike', string(glob)],
  ['StringNotLike', string(glob, true)],
  ['NumericEquals', numeric(equal)],
  ['NumericNotEquals', numeric(equal, true)],
  ['NumericLessThan', numeric(less)],
  ['NumericLessThanEquals', numeric(lessOrEqual)],
  ['NumericGreaterThan', numeric(greater)],
  ['NumericGreaterThanEquals', numeric(greaterOrEqual)],
  ['DateEquals', date(equal)],
  ['DateNotEquals', date(equal, true)],
  ['DateLessThan', date(less)],
  ['DateLessThanEquals', date(lessOrEqual)],
  ['DateGreaterThan', date(greater)],
  ['DateGreaterThanEquals', date(greaterOrEqual)],
  ['Bool', { negated: false, values: '"true" or "false"', test: truth }],
  ['IpAddress', ip(false)],
  ['NotIpAddress', ip(true)],
]);

export function findOperator(name: string): Operator | undefined {
  return OPERATORS.get(name);
}

/** Known elsewhere and refused here, by name (RAM document 4.2). */
export function isForeignOperator(name: string): boolean {
  return name === 'Null' || name.endsWith('IfExists') || /^For(Any|All)Values?:/.test(name);
}

/** `service:name`, or that with `/…` or `:…` behind it; undefined for anything else. */
export function parseConditionKey(text: string): ConditionKey | undefined {
  const match = /^([\w-]+:[\w-]+(?:[/:](?=.)|$))(.*)$/s.exec(text);
  const [, name, of] = match ?? [];
  return name === undefined || of === undefined ? undefined : { name: foldAscii(name), of };
}

/** How many characters of the request may still be held against values of policies. */
export interface Effort {
  left: number;
}

/** Once no effort is left the result means nothing. */
export function holds(condition: Condition, context: Context, effort: Effort = { left: Infinity }): boolean {
  const given = context(condition.key);
  if (given === undefined) return condition.negated;
  effort.left -= condition.tests.length * charsOf(given);
  if (effort.left < 0) return false;
  const matched =
    typeof given === 'string'
      ? matchesAny(condition.tests, given)
      : given.some((value) => matchesAny(condition.tests, value));
  return matched !== condition.negated;
}

const charsOf = (given: string | readonly string[]): number =>
  typeof given === 'string' ? given.length : given.reduce((sum, value) => sum + value.length, 0);

function matchesAny(tests: readonly Test[], given: string): boolean {
  for (const test of tests) if (test(given)) return true;
  return false;
}
