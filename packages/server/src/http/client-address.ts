import { type IpBlock, isWithin, parseIpAddress } from '../access/policy/ip-block.ts';

interface Connection {
  readonly remoteAddress: string;
  readonly tls: boolean;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface ClientAddress {
  /** Written as IPv4 where it is one. */
  readonly address: string;
  readonly tls: boolean;
}

/**
 * Where a request came from, for `acs:SourceIp`, `acs:SecureTransport` and the trail. That is the socket, and
 * what it says in headers is nothing: unless the socket is a trusted proxy's. Then X-Forwarded-For is read
 * from its end, past further trusted proxies, to the first address that is none. An entry that is no address
 * ends the reading at the proxy that wrote it.
 */
export function clientAddress(connection: Connection, trusted: readonly IpBlock[]): ClientAddress {
  const socket = unmapped(connection.remoteAddress);
  if (trusted.length === 0 || !isTrusted(socket, trusted)) return { address: socket, tls: connection.tls };
  const hops = list(connection.headers['x-forwarded-for']);
  let address = socket;
  for (const hop of hops.toReversed()) {
    if (!isTrusted(address, trusted) || parseIpAddress(hop) === undefined) break;
    address = unmapped(hop);
  }
  const protocol = list(connection.headers['x-forwarded-proto']).at(-1);
  return { address, tls: protocol === undefined ? connection.tls : protocol === 'https' };
}

function isTrusted(text: string, trusted: readonly IpBlock[]): boolean {
  const address = parseIpAddress(text);
  return address !== undefined && trusted.some((block) => isWithin(address, block));
}

const list = (header: string | readonly string[] | undefined): readonly string[] =>
  header === undefined
    ? []
    : [header]
        .flat()
        .join(',')
        .split(',')
        .map((entry) => entry.trim());

/** A server that listens on both sees IPv4 addresses as `::ffff:10.0.0.1`; a link-local one names its link. */
const unmapped = (address: string): string => {
  const [plain = ''] = address.split('%');
  return plain.startsWith('::ffff:') && plain.includes('.') ? plain.slice('::ffff:'.length) : plain;
};
