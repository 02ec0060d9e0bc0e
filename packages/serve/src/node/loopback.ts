import { isIP } from 'node:net';

/** The host of a server that only programs of this machine can reach. */
export const LOOPBACK = '127.0.0.1';

/** A name without the dot that ends a full one, and an address without brackets. */
function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/**
 * True for names and addresses of this machine that no other can reach: `localhost`, 127.0.0.0/8, `::1`. A name below
 * `localhost` counts: resolvers never ask for one.
 */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const address = name.replace(/^::ffff:(?=\d+\.)/, '');
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}

/** `host`, or `host:port`; an IPv6 address stands in brackets. */
const HOST_HEADER = /^(\[[\da-f:.]+\]|[^:/@\s[\]]+)(?::\d{1,5})?$/i;

/**
 * Tells whether a request may be answered that names its server so. A page of a stranger's can reach a server on this
 * machine by a name of its own, which it lets point to 127.0.0.1 (DNS rebinding): to the browser, the answer is then of the
 * page's own origin. Its `Host` header tells it.
 *
 * @param header the request's `Host`.
 * @param names other names that the server goes by, e.g. that of a proxy before it.
 */
export function isExpectedHost(header: string | undefined, names: readonly string[] = []): boolean {
  const name = HOST_HEADER.exec(header ?? '')?.[1];
  if (name === undefined) return false;
  return isLoopback(name) || names.some((known) => bare(known) === bare(name));
}
