/** A decimal number of any length, kept as text: numbers of JavaScript would make equals of long neighbours. */
export interface Decimal {
  readonly negative: boolean;
  /** Without leading zeros; empty for 0. */
  readonly whole: string;
  /** Without trailing zeros. */
  readonly fraction: string;
}

/** `-12.50`; no exponent, no hexadecimal, no bare point, no spaces. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const number = { whole: whole.replace(/^0+/, ''), fraction: withoutTrailingZeros(fraction) };
  return { negative: sign === '-' && number.whole + number.fraction !== '', ...number };
}

/** Below, at or above 0 where `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  return a.negative ? compareMagnitudes(b, a) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  return (
    a.whole.length - b.whole.length ||
    compareDigits(a.whole, b.whole) ||
    compareDigits(a.fraction, b.fraction)
  );
}

const compareDigits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Not by `/0+$/`, which is quadratic in zeros that are followed by something else. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
