import { broadcastText, exchangeNumbers, type Communicator } from '@attune/core';

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
