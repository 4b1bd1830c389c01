import { randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Of a user or role: 18 digits, the first not 0 (RAM 1). */
export const newNumericId = (): string => String(randomInt(1, 10)) + randomText(17, '0123456789');

/** `g-` and 16 letters and digits (RAM 1). */
export const newGroupId = (): string => `g-${randomText(16, ALPHABET)}`;

const randomText = (length: number, alphabet: string): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
