import { Search } from './search.ts';

/**
 * Matches whole texts against a pattern with `*` (any run, also empty) and `?` (exactly one code point). Compiled
 * once; the pattern must be well-formed Unicode. There is no backtracking: each part between two `*` is taken
 * where it first fits, so that the parts share one way through the text. Finding a part costs the text times the
 * part at the very worst, and most often the text: tens of milliseconds for the longest of both.
 */
export function glob(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  const head = parts.shift() ?? '';
  const tail = parts.pop();
  if (tail === undefined) return whole(head);
  const startsWith = prefix(head);
  const endsWith = suffix(tail);
  const inner = parts.filter((part) => part !== '').map(search);

  return (text) => {
    let at = startsWith(text);
    if (at === -1) return false;
    for (const find of inner) {
      at = find(text, at);
      if (at === -1) return false;
    }
    return endsWith(text, at);
  };
}

const literal = (part: string): boolean => !part.includes('?');

function whole(part: string): (text: string) => boolean {
  if (literal(part)) return (text) => text === part;
  const startsWith = prefix(part);
  return (text) => startsWith(text) === text.length;
}

/** Where the part ends at the start of the text, or -1. */
function prefix(part: string): (text: string) => number {
  if (literal(part)) return (text) => (text.startsWith(part) ? part.length : -1);
  return (text) => fits(part, text, 0);
}

/** Whether the text ends with the part, at or after `from`. */
function suffix(part: string): (text: string, from: number) => boolean {
  if (literal(part)) return (text, from) => text.length - part.length >= from && text.endsWith(part);
  const points = [...part].length;
  return (text, from) => {
    const start = pointsBeforeEnd(text, points);
    return start >= from && fits(part, text, start) === text.length;
  };
}

/** Where the part ends after it is first found at or after `from`, or -1. */
function search(part: string): (text: string, from: number) => number {
  if (!literal(part)) {
    const found = new Search(part);
    return (text, from) => found.endOf(text, from);
  }
  return (text, from) => {
    const start = text.indexOf(part, from);
    return start === -1 ? -1 : start + part.length;
  };
}

function fits(part: string, text: string, start: number): number {
  let at = start;
  for (const point of part) {
    if (at >= text.length) return -1;
    if (point === '?') at += width(text, at);
    else if (text.startsWith(point, at)) at += point.length;
    else return -1;
  }
  return at;
}

const width = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

function pointsBeforeEnd(text: string, points: number): number {
  let at = text.length;
  for (let left = points; left > 0; left--) {
    if (at === 0) return -1;
    at -= at > 1 && width(text, at - 2) === 2 ? 2 : 1;
  }
  return at;
}
