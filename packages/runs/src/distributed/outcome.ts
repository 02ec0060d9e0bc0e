import {
  errorCodes,
  exchangeNumbers,
  isAttuneError,
  textNumber,
  type Communicator,
  type ErrorCode,
} from '@attune/core';

/** The state in which a rank reaches a point where all ranks meet: well, or with an error. */
export interface Outcome {
  readonly failed: boolean;
  /** The error's code, where it is one of attune's. */
  readonly code?: ErrorCode | undefined;
  /** Tells messages apart. */
  readonly hash: number;
}

const codes = Object.keys(errorCodes) as ErrorCode[];

/** The outcome of a rank that met an error. Which checkpoint is the last one, rank 0 alone says: it makes no other error. */
export function outcomeOf(error: unknown): Outcome {
  const met =
    isAttuneError(error) && error.data?.['checkpoint'] !== undefined ? (error.cause ?? error) : error;
  const code = isAttuneError(met) ? met.code : undefined;
  return { failed: true, code, hash: textNumber(met instanceof Error ? met.message : String(met)) };
}

/** True if two ranks failed in the same way. */
export function isAlike(a: Outcome, b: Outcome): boolean {
  return a.failed === b.failed && a.code === b.code && a.hash === b.hash;
}

/** Fills an outcome up: of as many numbers as no exchange in training has, so that none is taken for the other. */
const FILL = 0;

/** Hands the outcome of each rank to all. @returns them in the order of ranks. */
export async function exchangeOutcomes(communicator: Communicator, own: Outcome): Promise<Outcome[]> {
  const code = own.code === undefined ? -1 : codes.indexOf(own.code);
  const all = await exchangeNumbers(communicator, [Number(own.failed), code, own.hash, FILL]);
  return all.map(([failed, code, hash]) => ({ failed: failed !== 0, code: codes[code!], hash: hash! }));
}
