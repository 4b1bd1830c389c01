import { PolicyError } from './policy-error.ts';

export type Members = Readonly<Record<string, unknown>>;

export function readObject(value: unknown, where: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyError('must be an object', where);
  }
  return value as Members;
}

/** A list of one or more. */
export function readList(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new PolicyError('must be a list of one or more', where);
  return value;
}

/** A string, or a list of one or more. Not of half characters, which no pattern of whole ones can handle. */
export function readStrings(value: unknown, where: string): readonly Placed[] {
  if (typeof value === 'string') return [readString(value, where)];
  if (!Array.isArray(value)) throw new PolicyError('must be a string or a list of strings', where);
  return readList(value, where).map((entry, i) => readString(entry, `${where}[${i}]`));
}

interface Placed {
  readonly text: string;
  readonly where: string;
}

function readString(value: unknown, where: string): Placed {
  if (typeof value !== 'string') throw new PolicyError('must be a string', where);
  if (!value.isWellFormed()) throw new PolicyError('is not well-formed Unicode', where);
  return { text: value, where };
}

/** The one of the names that is there. */
export function readOneOf(members: Members, names: readonly string[], where: string): string {
  const [found, second] = names.filter((name) => Object.hasOwn(members, name));
  if (found === undefined) throw new PolicyError(`needs ${names.join(' or ')}`, where);
  if (second !== undefined) throw new PolicyError(`has both ${found} and ${second}`, where);
  return found;
}

export function refuseOthers(members: Members, known: readonly string[], where: string): void {
  for (const name of Object.keys(members)) {
    if (!known.includes(name)) {
      throw new PolicyError('does not belong here', where === '' ? name : `${where}.${name}`);
    }
  }
}
