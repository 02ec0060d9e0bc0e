import { setTimeout as sleep } from 'node:timers/promises';
import type { AttuneError } from '@attune/core';

/** A failure that may be over in a moment. Never leaves the package: `fault` is what is thrown in the end. */
export class Transient extends Error {
  constructor(
    readonly fault: AttuneError,
    readonly details: {
      /** True if there was no response at all. */
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

/** Pauses of our own are not doubled beyond that. */
const MAX_DELAY_MS = 60_000;

/** The options of {@link retrying} beside its policy. */
export interface RetryOptions {
  readonly signal?: AbortSignal;
  readonly isWorthIt?: (failure: Transient) => boolean;
  /** Bytes that are here. While they become more, and not too slowly, failures count anew. */
  readonly progress?: () => number;
  /** Less than that, attempts and pauses together, is no progress: else a byte an attempt would go on forever. */
  readonly minBytesPerSecond?: number;
  readonly onRetry?: (fault: AttuneError, delayMs: number) => void;
  /** Milliseconds on a clock. Default: `performance.now`. */
  readonly now?: () => number;
  /** Waits, until the signal at most. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** Tries again what failed for a while, after the pause that the hub asks for or one of our own. */
export async function retrying<T>(
  attempt: () => Promise<T>,
  policy: RetryPolicy,
  options: RetryOptions = {},
): Promise<T> {
  const { signal, progress = () => 0, minBytesPerSecond = 0, now = () => performance.now() } = options;
  // The caller looks at the signal itself, and knows what to say.
  const wait = options.sleep ?? ((ms) => sleep(ms, undefined, { signal }).catch(() => undefined));
  let [reached, since] = [progress(), now()];
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      const bytes = progress() - reached;
      if (bytes > 0 && bytes >= (minBytesPerSecond * (now() - since)) / 1000) {
        [failures, reached, since] = [1, progress(), now()];
      }
      if (failures >= policy.attempts || options.isWorthIt?.(error) === false) throw error.fault;
      const ownMs = Math.min(policy.delayMs * 2 ** (failures - 1), MAX_DELAY_MS);
      const delayMs = Math.max(ownMs, error.details.retryAfterMs ?? 0);
      options.onRetry?.(error.fault, delayMs);
      await wait(delayMs);
    }
  }
}
