import { UsageError } from '../../exit-codes.ts';

/** Patterns that the shell left alone: `*`, `?`, `[ab]`, `[!ab]` within a name, `**` for any folders. */
export const isGlob = (path: string): boolean => /[*?[]/.test(path);

/** The folder in front of the first pattern, and what the paths below it have to match. Throws UsageError. */
export function splitGlob(pattern: string): { readonly base: string; readonly matches: RegExp } {
  const names = pattern.split('/');
  const first = names.findIndex(isGlob);
  const base = names.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.');
  const parts = names.slice(first).map((name, index, all) => {
    if (name === '**') return index === all.length - 1 ? '.*' : '(?:[^/]+/)*';
    return `${partOf(name)}${index === all.length - 1 ? '' : '/'}`;
  });
  return { base, matches: compiled(parts.join(''), pattern) };
}

function compiled(text: string, pattern: string): RegExp {
  try {
    return new RegExp(`^${text}$`, 's');
  } catch {
    throw new UsageError(`${pattern} is no pattern: what is in brackets has no order like a-z`);
  }
}

const TOKEN = /\*+|\?|\[(!?)((?:[^\]\\/])+)\]|./gs;

/** As in shells: a pattern does not find names that begin with a dot, unless it begins with one. */
function partOf(name: string): string {
  const pattern = name.replace(TOKEN, (token, not: string | undefined, set: string | undefined) => {
    if (token.startsWith('*')) return '[^/]*';
    if (token === '?') return '[^/]';
    if (set !== undefined) return `[${not ? '^/' : ''}${set.replaceAll('^', '\\^').replaceAll('[', '\\[')}]`;
    return token.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  });
  return /^[*?[]/.test(name) ? `(?!\\.)${pattern}` : pattern;
}
