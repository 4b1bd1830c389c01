/** Crockford's base 32: no I, L, O or U. Who reads or hears them takes I and L for 1 and O for 0. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const VALUES = new Map([...DIGITS, 'I', 'L', 'O'].map((digit, at) => [digit, [...DIGITS.slice(0), '1', '1', '0'][at]]));
const BITS = 5;
/** Digits of a group that carry data; one more checks them. */
const CARRIED = 4;
export const GROUP_DIGITS: number = CARRIED + 1;

/** The bytes in groups of five digits, the last of each a check of the group and its place. */
export function groupsOf(bytes: Uint8Array): readonly string[] {
  const values: number[] = [];
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= BITS; ) {
      bits -= BITS;
      values.push((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return Array.from({ length: values.length / CARRIED }, (_, group) => {
    const carried = values.slice(group * CARRIED, (group + 1) * CARRIED);
    return [...carried, check(group, carried)].map((value) => DIGITS[value]).join('');
  });
}
