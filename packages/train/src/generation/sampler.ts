import { AttuneError, type Random } from '@attune/core';

/** How a token is chosen from its logits. */
export interface SamplingOptions {
  /** Divides the logits: below 1 is safer, above 1 wilder, 0 takes the largest. Default 1. */
  readonly temperature?: number;
  /** Keeps the k likeliest tokens. */
  readonly topK?: number;
  /** Keeps the likeliest tokens that together have at least this probability. Source: Holtzman et al. (2020). */
  readonly topP?: number;
}

/** @throws AttuneError INVALID_CONFIG that names the option. */
export function checkSampling({ temperature = 1, topK, topP }: SamplingOptions): void {
  if (!(temperature >= 0))
    throw new AttuneError('INVALID_CONFIG', `temperature must be 0 or more, but is ${temperature}.`);
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
    throw new AttuneError('INVALID_CONFIG', `topK must be a positive integer, but is ${topK}.`);
  }
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    throw new AttuneError('INVALID_CONFIG', `topP must be in (0, 1], but is ${topP}.`);
  }
}

/**
 * Draws a token from `logits f32[V]`: temperature, then top-k, then top-p, as transformers orders them. Of equal logits
 * the one with the smaller id comes first.
 */
export function sampleToken(logits: ArrayLike<number>, options: SamplingOptions, random: Random): number {
  const { temperature = 1, topK = logits.length, topP = 1 } = options;
  const order = Array.from({ length: logits.length }, (_, id) => id).sort(
    (a, b) => logits[b]! - logits[a]! || a - b,
  );
  if (temperature === 0) return order[0]!;
  const kept = order.slice(0, topK);
  const largest = logits[kept[0]!]!;
  const weights = kept.map((id) => Math.exp((logits[id]! - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // The token that carries the sum past topP is kept as well.
  let [nucleus, mass] = [0, 0];
  while (nucleus < kept.length && (nucleus === 0 || mass < topP * total)) mass += weights[nucleus++]!;
  let rest = random.uniform() * mass;
  for (let i = 0; i < nucleus; i++) {
    rest -= weights[i]!;
    if (rest < 0) return kept[i]!;
  }
  return kept[nucleus - 1]!;
}
