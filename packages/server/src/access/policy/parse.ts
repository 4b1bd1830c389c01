import { JsonTextError, parseUniqueJson } from '@keyhold/api/json-text.ts';
import { findOperator, isForeignOperator, parseConditionKey } from './conditions.ts';
import { type Members, readList, readObject, readOneOf, readStrings, refuseOthers } from './elements.ts';
import { foldAscii } from './fold.ts';
import { glob } from './glob.ts';
import { GRAMMARS } from './grammar.ts';
import type { Condition, Patterns, Policy, PolicyKind, Statement } from './policy.ts';
import { PolicyError } from './policy-error.ts';
import { type PrincipalForm, parsePrincipal } from './principals.ts';
import { type Resource, resourcePattern } from './resource.ts';

/** Reads a policy document and compiles all of it (RAM document 3, 4, 6, 10). Throws PolicyError. */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  const { most, unit } = GRAMMARS[kind];
  const size = unit === 'bytes' ? Buffer.byteLength(text) : text.length;
  if (size > most) throw new PolicyError(`is longer than ${most} ${unit}`, '', 'length');
  const document = readObject(readJson(text), '');
  refuseOthers(document, ['Version', 'Statement'], '');
  if (document.Version !== '1') throw new PolicyError('must be "1"', 'Version');
  const statements = readList(document.Statement, 'Statement');
  return frozen({
    kind,
    statements: statements.map((statement, i) => parseStatement(statement, kind, `Statement[${i}]`)),
  });
}

function readJson(text: string): unknown {
  try {
    return parseUniqueJson(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new PolicyError(error.message, `line ${error.line}, column ${error.column}`);
  }
}

function parseStatement(value: unknown, kind: PolicyKind, where: string): Statement {
  const { action, resource, principals } = GRAMMARS[kind];
  const members = readObject(value, where);
  const principal = principals.length === 0 ? [] : ['Principal'];
  refuseOthers(members, ['Sid', 'Effect', 'Condition', ...action, ...resource, ...principal], where);
  return {
    sid: parseSid(members.Sid, kind, `${where}.Sid`),
    effect: parseEffect(members.Effect, `${where}.Effect`),
    action: parsePatterns(members, action, where, (text) => parseAction(text, kind)),
    resource:
      resource.length === 0
        ? undefined
        : parsePatterns(members, resource, where, (text) => parseResource(text, kind)),
    principals:
      principals.length === 0 ? undefined : parsePrincipals(members.Principal, kind, `${where}.Principal`),
    conditions: parseConditions(members.Condition, `${where}.Condition`),
  };
}

function parseSid(value: unknown, kind: PolicyKind, where: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !GRAMMARS[kind].sid.test(value)) {
    throw new PolicyError('is no statement id', where);
  }
  return value;
}

function parseEffect(value: unknown, where: string): 'Allow' | 'Deny' {
  if (value !== 'Allow' && value !== 'Deny') throw new PolicyError('must be "Allow" or "Deny"', where);
  return value;
}

/** `parse` gives what is wrong with a text, or its test. */
function parsePatterns<T>(
  members: Members,
  names: readonly string[],
  where: string,
  parse: (text: string) => string | ((value: T) => boolean),
): Patterns<T> {
  const element = readOneOf(members, names, where);
  const patterns = readStrings(members[element], `${where}.${element}`).map((value) => {
    const pattern = parse(value.text);
    if (typeof pattern === 'string') throw new PolicyError(pattern, value.where);
    return pattern;
  });
  return { element, negated: element.startsWith('Not'), patterns };
}

/** Compared without regard to case (3.2): the tests get actions in lower case. */
function parseAction(text: string, kind: PolicyKind): string | ((action: string) => boolean) {
  const { actionPrefix } = GRAMMARS[kind];
  const folded = foldAscii(text);
  if (!/^[\w.:*?-]+$/.test(text)) return 'is no action, such as kms:Encrypt';
  if (!folded.startsWith(actionPrefix)) return `does not begin with ${actionPrefix}`;
  return glob(folded);
}

function parseResource(text: string, kind: PolicyKind): string | ((resource: Resource) => boolean) {
  const { onlyResource } = GRAMMARS[kind];
  if (text === '') return 'is empty';
  if (onlyResource !== undefined && text !== onlyResource) return `must be ${onlyResource}`;
  return resourcePattern(text) ?? 'is no ARN: it does not begin with acs';
}

function parsePrincipals(value: unknown, kind: PolicyKind, where: string): PrincipalForm[] {
  const types = GRAMMARS[kind].principals;
  const members = readObject(value, where);
  refuseOthers(members, types, where);
  const given = types.filter((type) => Object.hasOwn(members, type));
  if (given.length === 0) throw new PolicyError(`needs ${types.join(' or ')}`, where);
  return given.flatMap((type) =>
    readStrings(members[type], `${where}.${type}`).map((text) => {
      const principal = parsePrincipal(type, text.text, kind);
      if (principal === undefined) throw new PolicyError('is no principal', text.where);
      return principal;
    }),
  );
}

function parseConditions(value: unknown, where: string): Condition[] {
  if (value === undefined) return [];
  return Object.entries(readObject(value, where)).flatMap(([operator, keys]) =>
    parseOperator(operator, keys, `${where}.${operator}`),
  );
}

function parseOperator(name: string, value: unknown, where: string): Condition[] {
  const operator = findOperator(name);
  if (operator === undefined) {
    const why = isForeignOperator(name) ? 'is not supported' : 'does not exist';
    throw new PolicyError(`the condition operator ${JSON.stringify(name)} ${why}`, where);
  }
  const entries = Object.entries(readObject(value, where));
  if (entries.length === 0) throw new PolicyError('needs a condition key', where);
  return entries.map(([keyText, values]) => {
    const key = parseConditionKey(keyText);
    if (key === undefined) {
      throw new PolicyError(`${JSON.stringify(keyText)} is no condition key, such as acs:SourceIp`, where);
    }
    const tests = readStrings(values, `${where}.${keyText}`).map((expected) => {
      const test = operator.test(expected.text);
      if (test === undefined) throw new PolicyError(`values must be ${operator.values}`, expected.where);
      return test;
    });
    return { element: `Condition.${name}.${keyText}`, key, negated: operator.negated, tests };
  });
}

function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object') frozen(member);
  return Object.freeze(value);
}
