/** How long, and how slowly, a hub may take. Milliseconds are of waiting for it, not of our own work. */
export interface HubLimits {
  /** A connection that brings less than this, on average over {@link slowMs}, is given up and taken up anew. */
  readonly minBytesPerSecond: number;
  /** Milliseconds of waiting over which the speed is taken. */
  readonly slowMs: number;
  /** Milliseconds until a response has begun, its redirects included; for a list, until all of its pages are here. */
  readonly responseMs: number;
  /** The longest wait that the hub may ask for. */
  readonly maxRetryAfterMs: number;
}

/** An old modem brings seven times as much. */
const MIN_BYTES_PER_SECOND = 1000;
const SLOW_MS = 30_000;
const RESPONSE_MS = 120_000;
/** The hub counts requests over five minutes. */
const MAX_RETRY_AFTER_MS = 300_000;

/** The limits that hold where none are given. Whoever waits longer for a sign of life waits longer for all of it. */
export function defaultLimits(timeoutMs: number): HubLimits {
  return {
    minBytesPerSecond: MIN_BYTES_PER_SECOND,
    slowMs: Math.max(SLOW_MS, timeoutMs),
    responseMs: Math.max(RESPONSE_MS, 4 * timeoutMs),
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
  };
}
