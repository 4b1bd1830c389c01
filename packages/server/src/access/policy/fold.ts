/**
 * `A-Z` to lower case and nothing else. `toLowerCase` would make a `k` of the Kelvin sign, and so an action or
 * condition key of a look-alike.
 */
export function foldAscii(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

const ASCII = /^[\0-\x7f]*$/;

/**
 * Equality under simple Unicode case folding (RAM document 4.2), which is what a regular expression with `i` and
 * `u` does: K and the Kelvin sign are equal, `ß` and `ss` are not, nor `i` and a dotless or dotted one.
 */
export function equalsIgnoringCase(expected: string): (given: string) => boolean {
  const pattern = new RegExp(`^${expected.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`, 'iu');
  return (given) => given === expected || pattern.test(given);
}
