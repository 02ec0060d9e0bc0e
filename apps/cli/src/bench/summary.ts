/** Times of repeated work, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The distance between the quartiles, as a fraction of the median: how far the figures can be trusted. */
  readonly spread: number;
}

/** The value below which a fraction of sorted values lies, between two of them by their distance. */
function quantile(sorted: readonly number[], fraction: number): number {
  const at = (sorted.length - 1) * fraction;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

/** Summarises at least one time. */
export function summarize(milliseconds: readonly number[]): Times {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, spread };
}
