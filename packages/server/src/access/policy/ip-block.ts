import { isIPv4, isIPv6 } from 'node:net';

/** An address (all its bits), or the addresses that share its first bits. */
export interface IpBlock {
  /** 16-bit groups: 2 of an IPv4 address, 8 of an IPv6 one. */
  readonly groups: readonly number[];
  readonly bits: number;
}

/**
 * An address or a CIDR block. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) are IPv4 ones, and so are blocks
 * of them: a server that listens on both sees them so. Bits after the prefix do not count.
 */
export function parseIpBlock(text: string): IpBlock | undefined {
  const [address = '', prefix, more] = text.split('/');
  if (prefix === undefined) return parseIpAddress(address);
  const groups = parseGroups(address);
  if (groups === undefined || more !== undefined) return undefined;
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > groups.length * 16) return undefined;
  return unmapped(groups, Number(prefix));
}

export function parseIpAddress(text: string): IpBlock | undefined {
  const groups = parseGroups(text);
  return groups && unmapped(groups, groups.length * 16);
}

/** Never across IPv4 and IPv6. */
export function isWithin(address: IpBlock, block: IpBlock): boolean {
  if (address.groups.length !== block.groups.length) return false;
  return block.groups.every((group, i) => {
    const free = 16 - Math.min(16, Math.max(0, block.bits - i * 16));
    return group >>> free === (address.groups[i] ?? 0) >>> free;
  });
}

function parseGroups(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return parseIpv4(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [left = '', right] = text.split('::');
  const first = parseHalf(left);
  const last = parseHalf(right ?? '');
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function parseIpv4(text: string): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

function parseHalf(text: string): readonly number[] {
  if (text === '') return [];
  return text
    .split(':')
    .flatMap((group) => (group.includes('.') ? parseIpv4(group) : [Number.parseInt(group, 16)]));
}

function unmapped(groups: readonly number[], bits: number): IpBlock {
  const mapped =
    groups.length === 8 && bits >= 96 && groups[5] === 0xffff && !groups.slice(0, 5).some(Boolean);
  return mapped ? { groups: groups.slice(6), bits: bits - 96 } : { groups, bits };
}
