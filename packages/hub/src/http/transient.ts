import { setTimeout as sleep } from 'node:timers/promises';
import type { AttuneError } from '@attune/core';

/** A failure that may be over in a moment. Never leaves the package: `fault` is what is thrown in the end. */
export class Transient extends Error {
  constructor(
    readonly fault: AttuneError,
    readonly details: {
      /** Whether there was no answer at all. */
      readonly unreachable?: boolean;
      /** How long the hub asks to wait. */
      readonly retryAfterMs?: number;
    } = {},
  ) {
    super(fault.message);
  }
}

/** How often, and after which pause, what failed is tried again. */
export interface RetryPolicy {
  readonly attempts: number;
  /** Milliseconds before the second attempt. Doubled each time. */
  readonly delayMs: number;
}

/** Nobody wants to wait longer than that because a server says so. */
const MAX_DELAY_MS = 60_000;

/**
 * Tries again what failed for a while.
 *
 * @param attempt is told how often it has failed in a row.
 * @param options.progress a count that moves while there is progress: as long as it does, failures count anew.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  options: {
    readonly signal?: AbortSignal;
    readonly isWorthIt?: (failure: Transient) => boolean;
    readonly progress?: () => number;
    readonly onRetry?: (fault: AttuneError, delayMs: number) => void;
  } = {},
): Promise<T> {
  let reached = options.progress?.();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      const now = options.progress?.();
      if (now !== reached) [failures, reached] = [1, now];
      if (failures >= policy.attempts || options.isWorthIt?.(error) === false) throw error.fault;
      const delayMs = Math.min(
        Math.max(policy.delayMs * 2 ** (failures - 1), error.details.retryAfterMs ?? 0),
        MAX_DELAY_MS,
      );
      options.onRetry?.(error.fault, delayMs);
      // The caller looks at the signal itself, and knows what to say.
      await sleep(delayMs, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}
