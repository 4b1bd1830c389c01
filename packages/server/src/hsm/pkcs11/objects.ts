import pkcs11, { type Handle } from 'pkcs11js';
import { TokenRefused } from '../token.ts';
import type { Connection } from './connection.ts';
import { meaningOf } from './return-values.ts';
import { KEPT_CLASSES, type KeptClass, search } from './templates.ts';

const HANDLES_IN_MEMORY = 10_000;
const AT_ONCE = 256;
const KEPT = Object.keys(KEPT_CLASSES) as KeptClass[];

/** Keys and pairs by label. A token searches all of its objects for one, so handles are remembered. */
export class Objects {
  readonly #connection: Connection;
  readonly #handles = new Map<string, Handle>();
  /** Labels of what is being made. */
  readonly #reserved = new Set<string>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(kept: KeptClass, label: string): Handle {
    const known = this.#handles.get(kept + label);
    if (known) return known;
    const [handle, ...others] = this.#find(kept, label);
    if (others.length > 0) throw new Error(`${others.length + 1} objects have the label "${label}"`);
    if (handle === undefined) throw new TokenRefused('no-such-key', `the token has no ${kept} "${label}"`);
    if (this.#handles.size >= HANDLES_IN_MEMORY) this.#handles.clear();
    this.#handles.set(kept + label, handle);
    return handle;
  }

  /** Gives the label to what `make` makes, or to nothing where it fails. */
  async make<T>(label: string, make: () => T | Promise<T>): Promise<T> {
    if (this.#reserved.has(label) || KEPT.some((kept) => this.#find(kept, label).length > 0)) {
      throw new TokenRefused('label-taken', `the token has a key "${label}" already`);
    }
    this.#reserved.add(label);
    try {
      return await make();
    } finally {
      this.#reserved.delete(label);
    }
  }

  /** The next `get` asks the token. */
  forget(label: string): void {
    for (const kept of KEPT) this.#handles.delete(kept + label);
  }

  destroy(label: string): void {
    this.forget(label);
    const { library, home } = this.#connection;
    for (const kept of KEPT) {
      for (const handle of this.#find(kept, label)) library.C_DestroyObject(home, handle);
    }
  }

  list(prefix: string): readonly string[] {
    const labels = KEPT.flatMap((kept) => this.#find(kept)).flatMap((handle) => this.#labelOf(handle));
    return labels.filter((label) => label.startsWith(prefix)).toSorted();
  }

  #find(kept: KeptClass, label?: string): Handle[] {
    const { library, home } = this.#connection;
    const found: Handle[] = [];
    library.C_FindObjectsInit(home, search(kept, label));
    try {
      let some: Handle[];
      do {
        some = library.C_FindObjects(home, AT_ONCE);
        found.push(...some);
      } while (some.length > 0);
    } finally {
      library.C_FindObjectsFinal(home);
    }
    // A token that is gone has no objects; that must not be taken for an answer.
    if (found.length === 0) this.#connection.check();
    return found;
  }

  #labelOf(handle: Handle): string[] {
    const { library, home } = this.#connection;
    try {
      const [label] = library.C_GetAttributeValue(home, handle, [{ type: pkcs11.CKA_LABEL }]);
      return [String(label?.value)];
    } catch (error) {
      if (meaningOf(error) === 'stale-handle') return []; // destroyed meanwhile
      throw error;
    }
  }
}
