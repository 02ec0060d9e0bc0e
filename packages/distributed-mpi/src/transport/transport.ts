import type { SharedNumbers } from '@attune/core';

/** A rank's messages to and from the others. Messages of one rank with one tag arrive in the order in which they were sent. */
export interface Transport {
  readonly rank: number;
  readonly size: number;
  /** Sends bytes, which nobody may change until `done` is called. */
  send(bytes: Uint8Array, to: number, tag: number, done: () => void): void;
  /** Receives as many bytes as there are. */
  receive(bytes: Uint8Array, from: number, tag: number, done: () => void): void;
  /** Adds numbers to as many others, element by element, where it can do so faster than JavaScript. */
  readonly add?: (terms: SharedNumbers, target: SharedNumbers) => void;
  /** Moves messages on, and calls `done` of those that are complete; returns true if there were any. Throws {@link MessageError}. */
  poll(): boolean;
}

/** Where a message may come from any rank. */
export const ANY_RANK = -1;

/** A message that cannot be carried. */
export class MessageError extends Error {
  /** @param disagree true if it is longer than the receiver expects: the ranks make different calls. */
  constructor(
    readonly rank: number,
    readonly disagree: boolean,
    reason: string,
  ) {
    super(reason);
  }
}
