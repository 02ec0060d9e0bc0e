import type { Communicator } from '@attune/core';
import { bytesOf } from './tensors-of-ranks.js';

/** Tells every rank some numbers of each: a list for each rank, in their order. */
export async function exchangeNumbers(
  communicator: Communicator,
  own: readonly number[],
): Promise<number[][]> {
  const { rank, size } = communicator;
  const all = new Float64Array(size * own.length);
  const parts = Array.from({ length: size }, (_, i) => all.subarray(i * own.length, (i + 1) * own.length));
  parts[rank]!.set(own);
  await communicator.allGather(
    parts,
    parts.map((_, i) => i),
  );
  return parts.map((part) => [...part]);
}

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
  await communicator.broadcast(bytesOf(units), root);
  return isRoot ? own : Array.from(units, (unit) => String.fromCharCode(unit)).join('');
}

/** Gives every rank a value of rank 0 that JSON can say. On other ranks, `value` is not looked at. */
export async function broadcastJson<T>(communicator: Communicator, value: T): Promise<T> {
  const text = await broadcastText(communicator, communicator.rank === 0 ? JSON.stringify(value) : '', 0);
  return JSON.parse(text) as T;
}

/**
 * The text of the first rank that has one, with the rank's number, e.g. `rank 2: the gradient is NaN`; `undefined` if none has.
 */
export async function firstText(
  communicator: Communicator,
  own: string | undefined,
): Promise<string | undefined> {
  const has = await exchangeNumbers(communicator, [own === undefined ? 0 : 1]);
  const root = has.findIndex(([flag]) => flag === 1);
  return root < 0 ? undefined : `rank ${root}: ${await broadcastText(communicator, own, root)}`;
}
