import { availableParallelism } from 'node:os';
import { AttuneError } from '@attune/core';

/** Options of the CPU backend. */
export interface CpuOptions {
  /** Threads that compute. Default: as many as the machine has processors for this process. */
  readonly threads?: number;
}

/** @throws AttuneError INVALID_ARGUMENT. */
export function threadsOf({ threads = availableParallelism() }: CpuOptions): number {
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new AttuneError('INVALID_ARGUMENT', `threads must be a positive integer, but is ${threads}.`);
}
