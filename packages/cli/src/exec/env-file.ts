import { UsageError } from '../exit-codes.ts';

export type Entry = { readonly name: string } & (
  | { readonly kind: 'text'; readonly text: string }
  /** `kms:`, a region where it is not that of the others, and the CiphertextBlob of Encrypt. */
  | { readonly kind: 'blob'; readonly blob: string; readonly region: string | undefined }
  /** `file:` and the path of an encrypted file, which is the value. */
  | { readonly kind: 'file'; readonly path: string }
);

const NAME = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s;

const BLOB = /^(?:([a-z]{2,3}-[a-z0-9-]+):)?([A-Za-z0-9+/]+={0,2})$/;

/**
 * `NAME=value` lines: empty ones and those that begin with # say nothing; quotes around a value are taken off, and
 * nothing in it is replaced. Messages name lines and never quote them. Throws UsageError.
 */
export function parseEnvFile(content: string, path: string): Entry[] {
  const entries = content
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), where: `${path}, line ${index + 1}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, where }) => entryOf(line, where));
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`${path}: ${twice} is given twice`);
  return entries;
}

function entryOf(line: string, where: string): Entry {
  const [, name, rest] = NAME.exec(line) ?? [];
  if (name === undefined || rest === undefined) throw new UsageError(`${where}: NAME=value is expected`);
  const text = unquoted(rest);
  if (text.startsWith('kms:')) {
    const [, region, blob] = BLOB.exec(text.slice('kms:'.length).trim()) ?? [];
    if (blob === undefined) throw new UsageError(`${where}: what follows kms: is no CiphertextBlob`);
    return { name, kind: 'blob', blob, region };
  }
  return text.startsWith('file:')
    ? { name, kind: 'file', path: text.slice('file:'.length).trim() }
    : { name, kind: 'text', text };
}

function unquoted(text: string): string {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  return inner ?? text;
}
