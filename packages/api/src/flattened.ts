import { ApiError } from './errors.ts';
import type { FieldMeta } from './values.ts';

/**
 * Lists and maps as the vendor's clients flatten them: `ResourceId.1`, `Tag.1.Key`, `Filters.1.Values.2`,
 * `EncryptionContext.<key>` (wire protocol 2.2).
 */

/** `Filters.1.Values.2` has three steps after the name. */
const MAX_DEPTH = 3;
/** Of one call, over all its parameters; so indices, which run from 1 without gaps, end here too. */
const MAX_MEMBERS = 1000;

type Wire = NonNullable<FieldMeta['wire']>;
/** A Map, so that `__proto__` and `constructor` are names like others. */
type Node = Map<string, Node | string>;

/**
 * The flattened parameters among `wire`, put together as JSON text by name; undefined where there are none.
 * Throws InvalidParameter where the members do not fit together or the parameter is also there whole.
 */
export function fold(
  flattenable: ReadonlyMap<string, Wire>,
  wire: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> | undefined {
  let trees: Map<string, Node> | undefined;
  let members = 0;
  for (const full of wire.keys()) {
    const dot = full.indexOf('.');
    if (dot === -1) continue;
    const name = full.slice(0, dot);
    const kind = flattenable.get(name);
    if (kind === undefined) continue;
    if (wire.get(name) || ++members > MAX_MEMBERS) throw invalid(name);
    trees ??= new Map();
    const tree = trees.get(name) ?? new Map();
    trees.set(name, tree);
    const rest = full.slice(dot + 1);
    insert(tree, kind === 'map' ? [rest] : rest.split('.', MAX_DEPTH + 1), wire.get(full) ?? '', name);
  }
  return (
    trees && new Map([...trees].map(([name, tree]) => [name, render(tree, flattenable.get(name), name)]))
  );
}

function insert(tree: Node, path: readonly string[], value: string, name: string): void {
  const last = path[path.length - 1];
  if (last === undefined || path.length > MAX_DEPTH) throw invalid(name);
  let node = tree;
  for (const step of path.slice(0, -1)) {
    const next = node.get(step) ?? new Map();
    if (typeof next === 'string') throw invalid(name);
    node.set(step, next);
    node = next;
  }
  if (node.has(last)) throw invalid(name);
  node.set(last, value);
}

function render(node: Node | string, kind: Wire | undefined, name: string): string {
  if (typeof node === 'string') return JSON.stringify(node);
  if (kind === 'map' || !node.has('1')) {
    const pairs = [...node].map(([key, member]) => `${JSON.stringify(key)}:${render(member, kind, name)}`);
    return `{${pairs.join(',')}}`;
  }
  const elements = Array.from({ length: node.size }, (_, index) => {
    const member = node.get(String(index + 1));
    if (member === undefined) throw invalid(name);
    return render(member, kind, name);
  });
  return `[${elements.join(',')}]`;
}

const invalid = (parameter: string) => new ApiError('InvalidParameter', { parameter });

/** The opposite of `fold` for one list: `value` under `name`, leaf by leaf. */
export function unfold(name: string, value: unknown): (readonly [string, string])[] {
  if (Array.isArray(value)) {
    return value.flatMap((element, index) => unfold(`${name}.${index + 1}`, element));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, member]) => unfold(`${name}.${key}`, member));
  }
  return [[name, String(value)]];
}
