import type { Evaluation } from './evaluate.ts';
import type { NamedPolicy, PolicyRequest } from './policy.ts';

/**
 * The rules of RAM, slowly and straight from the text, to hold the engine against: it reads the JSON at every
 * call, tries every way a `*` can go, and shares nothing with the engine. Only for valid documents.
 */
export function evaluateByTheBook(
  policies: readonly {
    readonly name: string;
    readonly text: string;
    readonly kind: NamedPolicy['policy']['kind'];
  }[],
  request: PolicyRequest,
): Evaluation {
  const applicable = policies.flatMap(({ name, text, kind }) =>
    JSON.parse(text).Statement.flatMap((statement: Members, index: number) =>
      applies(statement, kind, request)
        ? [
            {
              policy: name,
              statement: index,
              sid: statement.Sid as string | undefined,
              effect: statement.Effect,
            },
          ]
        : [],
    ),
  );
  const denies = applicable.filter((ref) => ref.effect === 'Deny');
  const allows = applicable.filter((ref) => ref.effect === 'Allow');
  if (denies.length > 0) return { decision: 'ExplicitDeny', decidedBy: denies };
  if (allows.length > 0) return { decision: 'Allow', decidedBy: allows };
  return { decision: 'ImplicitDeny', decidedBy: [] };
}

type Members = Record<string, unknown>;

function applies(statement: Members, kind: string, request: PolicyRequest): boolean {
  return (
    actionApplies(statement, request) &&
    resourceApplies(statement, request) &&
    principalApplies(statement, kind, request) &&
    conditionApplies(statement, request)
  );
}

const listOf = (values: unknown): string[] => (Array.isArray(values) ? values : [values]) as string[];
const lower = (text: string): string =>
  Array.from(text, (c) => (c >= 'A' && c <= 'Z' ? c.toLowerCase() : c)).join('');

function actionApplies({ Action, NotAction }: Members, { action }: PolicyRequest): boolean {
  const isIn = (patterns: unknown) => listOf(patterns).some((pattern) => like(lower(pattern), lower(action)));
  return NotAction === undefined ? isIn(Action) : !isIn(NotAction);
}

function resourceApplies({ Resource, NotResource }: Members, { resource }: PolicyRequest): boolean {
  if (NotResource !== undefined)
    return !listOf(NotResource).some((pattern) => resourceMatches(pattern, resource));
  return Resource === undefined || listOf(Resource).some((pattern) => resourceMatches(pattern, resource));
}

function resourceMatches(pattern: string, resource: string): boolean {
  if (pattern === '*') return true;
  const wanted = pattern.split(':');
  const asked = resource.split(':');
  if (wanted.length < 5) return like(pattern, resource);
  if (asked.length < 5) return false;
  const at = (parts: string[], i: number) => parts[i] ?? '';
  const place = (i: number) =>
    at(wanted, i) === '' || at(asked, i) === '' || at(asked, i) === '*' || like(at(wanted, i), at(asked, i));
  return (
    at(wanted, 0) === 'acs' &&
    at(asked, 0) === 'acs' &&
    like(lower(at(wanted, 1)), lower(at(asked, 1))) &&
    place(2) &&
    place(3) &&
    like(wanted.slice(4).join(':'), asked.slice(4).join(':'))
  );
}

function principalApplies({ Principal }: Members, kind: string, { principal }: PolicyRequest): boolean {
  if (Principal === undefined) return true;
  if (principal.type === 'oidc-user') {
    const provider = lower(`:${principal.accountId}:oidc-provider/${principal.providerName}`);
    return listOf((Principal as Members).Federated ?? []).some((arn) => {
      const [acs, ram, region = '?'] = arn.split(':', 3);
      return acs === 'acs' && ram === 'ram' && '*'.startsWith(region) && lower(arn).endsWith(provider);
    });
  }
  return listOf((Principal as Members).RAM ?? []).some((arn) => {
    const account = arn.split(':')[3];
    const who = arn.split(':').slice(4).join(':');
    if (account !== principal.accountId) return false;
    if (who === '*' || (who === 'root' && kind === 'trust')) return true;
    if (principal.type === 'root-account') return who === 'root';
    if (principal.type === 'ram-user') return lower(who) === lower(`user/${principal.userName}`);
    return lower(who) === lower(`role/${principal.roleName}`);
  });
}

function conditionApplies({ Condition }: Members, { context }: PolicyRequest): boolean {
  return Object.entries((Condition ?? {}) as Record<string, Members>).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const cut = cutOf(key);
      const given = context({ name: lower(key.slice(0, cut)), of: key.slice(cut) });
      const negated = operator.includes('Not');
      const positive = operator.replace('Not', '');
      const compares = COMPARISONS[positive];
      if (compares === undefined) throw new Error(`no operator ${operator}`);
      if (given === undefined) return negated;
      const matched = listOf(given).some((one) => listOf(values).some((value) => compares(one, value)));
      return negated ? !matched : matched;
    }),
  );
}

/** After the first `/` or the second `:`, whichever comes first. */
function cutOf(key: string): number {
  let colons = 0;
  for (let i = 0; i < key.length; i++) {
    if (key[i] === ':') colons++;
    if (key[i] === '/' || colons === 2) return i + 1;
  }
  return key.length;
}

const number = (text: string): number => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
const time = (text: string): number => (text.includes('T') ? Date.parse(text) : Number.NaN);

const COMPARISONS: Readonly<Record<string, (given: string, wanted: string) => boolean>> = {
  StringEquals: (given, wanted) => given === wanted,
  StringEqualsIgnoreCase: (given, wanted) => foldSimply(given) === foldSimply(wanted),
  StringLike: (given, wanted) => like(wanted, given),
  NumericEquals: (given, wanted) => number(given) === number(wanted),
  NumericLessThan: (given, wanted) => number(given) < number(wanted),
  NumericLessThanEquals: (given, wanted) => number(given) <= number(wanted),
  NumericGreaterThan: (given, wanted) => number(given) > number(wanted),
  NumericGreaterThanEquals: (given, wanted) => number(given) >= number(wanted),
  DateEquals: (given, wanted) => time(given) === time(wanted),
  DateLessThan: (given, wanted) => time(given) < time(wanted),
  DateLessThanEquals: (given, wanted) => time(given) <= time(wanted),
  DateGreaterThan: (given, wanted) => time(given) > time(wanted),
  DateGreaterThanEquals: (given, wanted) => time(given) >= time(wanted),
  Bool: (given, wanted) => given === wanted,
  IpAddress: (given, wanted) => {
    const [base = '', prefix] = wanted.split('/');
    const [block, address] = [bitsOf(base), bitsOf(given)];
    if (block.length !== address.length || address === '') return false;
    const length = prefix === undefined ? block.length : Number(prefix);
    return block.slice(0, length) === address.slice(0, length);
  },
};

/** The few characters of the tests whose simple case folding is not that of ASCII. */
const SIMPLE_FOLDS: Readonly<Record<string, string>> = { '\u212a': 'k', ſ: 's', ẞ: 'ß', Σ: 'σ', ς: 'σ' };

const foldSimply = (text: string): string => Array.from(text, (c) => SIMPLE_FOLDS[c] ?? lower(c)).join('');

/** Addresses as text of ones and zeros; IPv6 only without `::` beside other groups than those around it. */
function bitsOf(address: string): string {
  const binary = (numbers: number[], width: number) =>
    numbers.map((value) => value.toString(2).padStart(width, '0')).join('');
  if (/^::ffff:\d+\.\d+\.\d+\.\d+$/.test(address)) return bitsOf(address.slice(7));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return binary(address.split('.').map(Number), 8);
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/i.test(address)) return '';
  const [left = '', right = ''] = address.split('::');
  const groups = (half: string) => half.split(':').filter((group) => group !== '');
  const missing = 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...new Array<string>(missing).fill('0'), ...groups(right)];
  return binary(
    all.map((group) => Number.parseInt(group, 16)),
    16,
  );
}

/** Whether the pattern can be read as the text: `*` as nothing or as one more code point and itself again. */
export function like(pattern: string, text: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(text);
  const known = new Map<number, boolean>();
  const from = (p: number, t: number): boolean => {
    const place = p * (given.length + 1) + t;
    const before = known.get(place);
    if (before !== undefined) return before;
    const answer = tried(p, t);
    known.set(place, answer);
    return answer;
  };
  const tried = (p: number, t: number): boolean => {
    if (p === wanted.length) return t === given.length;
    if (wanted[p] === '*') return from(p + 1, t) || (t < given.length && from(p, t + 1));
    return t < given.length && (wanted[p] === '?' || wanted[p] === given[t]) && from(p + 1, t + 1);
  };
  return from(0, 0);
}
