import type { Communicator } from '../contracts/communicator.js';
import { hashText } from '../program/fingerprint.js';

/** Tells every rank some numbers of each: a list for each rank, in their order. */
export async function exchangeNumbers(
  communicator: Communicator,
  own: readonly number[],
): Promise<number[][]> {
  const { rank, size } = communicator;
  const all = new Float64Array(size * own.length);
  const parts = Array.from({ length: size }, (_, i) => all.subarray(i * own.length, (i + 1) * own.length));
  parts[rank]!.set(own);
  await communicator.allGather(parts, [...parts.keys()]);
  return parts.map((part) => [...part]);
}

/** A number for a text, by which ranks find out whether they have the same: 52 bits of {@link hashText}. */
export const textNumber = (text: string): number => parseInt(hashText(text).slice(0, 13), 16);

/** Gives every rank the text of rank `root`. On other ranks, `text` is not looked at. */
export async function broadcastText(
  communicator: Communicator,
  text: string | undefined,
  root: number,
): Promise<string> {
  const isRoot = communicator.rank === root;
  const own = isRoot ? (text ?? '') : '';
  const length = Float64Array.of(own.length);
  await communicator.allGather([length], [root]);
  // UTF-16: not every environment that a library runs in has a TextEncoder.
  const units = new Uint16Array(length[0]!);
  for (let i = 0; i < own.length; i++) units[i] = own.charCodeAt(i);
  await communicator.broadcast(new Uint8Array(units.buffer), root);
  return isRoot ? own : Array.from(units, (unit) => String.fromCharCode(unit)).join('');
}
