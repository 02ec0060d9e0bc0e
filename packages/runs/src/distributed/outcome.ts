import { errorCodes, isAttuneError, type Communicator, type ErrorCode } from '@attune/core';

/** How a rank came to a meeting: well, or with an error. */
export interface Outcome {
  readonly failed: boolean;
  /** The error's code, where it is one of attune's. */
  readonly code?: ErrorCode | undefined;
  /** Tells messages apart. */
  readonly hash: number;
}

const codes = Object.keys(errorCodes) as ErrorCode[];

/** A number of 53 bits that two different texts hardly share (FNV-1a, twice). */
function hashOf(text: string): number {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/** How a rank that met an error comes to a meeting. */
export function outcomeOf(error: unknown): Outcome {
  const code = isAttuneError(error) ? error.code : undefined;
  return { failed: true, code, hash: hashOf(error instanceof Error ? error.message : String(error)) };
}

/** True if two ranks failed in the same way. */
export function isAlike(a: Outcome, b: Outcome): boolean {
  return a.failed === b.failed && a.code === b.code && a.hash === b.hash;
}

/** Hands the outcome of each rank to all. @returns them in the order of ranks. */
export async function exchangeOutcomes(communicator: Communicator, own: Outcome): Promise<Outcome[]> {
  const { rank, size } = communicator;
  const parts = Array.from({ length: size }, () => new Float64Array(3));
  parts[rank]!.set([Number(own.failed), own.code === undefined ? -1 : codes.indexOf(own.code), own.hash]);
  await communicator.allGather(
    parts,
    parts.map((_, owner) => owner),
  );
  return parts.map(([failed, code, hash]) => ({ failed: failed !== 0, code: codes[code!], hash: hash! }));
}
