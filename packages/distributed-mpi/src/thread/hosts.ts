import type { Call } from '../collectives/header.js';

const NAME_BYTES = 256;

/** A call by which every rank hears the names of all hosts, and the names once it is done. */
export function exchangeHosts(
  host: string,
  rank: number,
  size: number,
): { call: Call; hosts: () => string[] } {
  const names = new Uint8Array(size * NAME_BYTES);
  const ranks = Array.from({ length: size }, (_, i) => i);
  const parts = ranks.map((i) => names.subarray(i * NAME_BYTES, (i + 1) * NAME_BYTES));
  new TextEncoder().encodeInto(host, parts[rank]!.subarray(0, NAME_BYTES - 1));
  const name = (part: Uint8Array) => new TextDecoder().decode(part.subarray(0, part.indexOf(0)));
  return { call: { kind: 'allGather', parts, owners: ranks }, hosts: () => parts.map(name) };
}
