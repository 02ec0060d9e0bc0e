import { AttuneError } from '@attune/core';

/** More threads than processors do not help; a few are let through, so that it can be tried. */
const FEW_THREADS = 4;

/** A number of threads, and why it is not the one that was asked for. */
export interface ThreadCount {
  readonly threads: number;
  readonly limits: readonly string[];
}

/**
 * The number of threads that an engine runs on.
 *
 * @param asked default: one for each processor.
 * @param fault why there can be one thread only.
 * @throws AttuneError INVALID_ARGUMENT.
 */
export function countThreads(asked: number | undefined, processors: number, fault?: string): ThreadCount {
  const wanted = asked ?? processors;
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new AttuneError('INVALID_ARGUMENT', `threads is a whole number from 1, not ${wanted}.`);
  }
  if (fault !== undefined) return { threads: 1, limits: wanted > 1 ? [`one thread: ${fault}`] : [] };
  const threads = Math.min(wanted, Math.max(processors, FEW_THREADS));
  const limit = `${threads} threads instead of ${wanted}: there are ${processors} processors`;
  return { threads, limits: threads < wanted ? [limit] : [] };
}
