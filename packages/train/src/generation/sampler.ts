import { AttuneError, type Random } from '@attune/core';

/** How a token is chosen from its logits. */
export interface SamplingOptions {
  /** Divides the logits: below 1 is safer, above 1 wilder, 0 takes the largest. Default 1. */
  readonly temperature?: number;
  /** Keeps the k likeliest tokens. */
  readonly topK?: number;
  /** Keeps the likeliest tokens that together have at least this probability. Source: Holtzman et al. (2020). */
  readonly topP?: number;
  /** Keeps tokens with at least this share of the likeliest one's probability. Source: Nguyen et al. (2024). */
  readonly minP?: number;
  /**
   * Divides positive logits of tokens that occur in the sequence, and multiplies negative ones. 1 does nothing.
   * Source: Keskar et al., CTRL (2019).
   */
  readonly repetitionPenalty?: number;
}

const limits: Readonly<
  Record<keyof SamplingOptions, { readonly must: string; fits(value: number): boolean }>
> = {
  temperature: { must: '0 or more', fits: (value) => value >= 0 },
  topK: { must: 'a positive integer', fits: (value) => Number.isInteger(value) && value >= 1 },
  topP: { must: 'in (0, 1]', fits: (value) => value > 0 && value <= 1 },
  minP: { must: 'in [0, 1]', fits: (value) => value >= 0 && value <= 1 },
  repetitionPenalty: { must: 'more than 0', fits: (value) => value > 0 },
};

/** @throws AttuneError INVALID_CONFIG that names the option. */
export function checkSampling(options: SamplingOptions): void {
  for (const [name, { must, fits }] of Object.entries(limits)) {
    const value = options[name as keyof SamplingOptions];
    if (value !== undefined && !fits(value)) {
      throw new AttuneError('INVALID_CONFIG', `${name} must be ${must}, but is ${value}.`);
    }
  }
}

function penalize(logits: ArrayLike<number>, seen: readonly number[], penalty: number): ArrayLike<number> {
  if (penalty === 1) return logits;
  const changed = Float32Array.from(logits);
  for (const id of new Set(seen))
    changed[id] = logits[id]! > 0 ? logits[id]! / penalty : logits[id]! * penalty;
  return changed;
}

/** @throws AttuneError NON_FINITE: no token is likelier than one whose logit is not a number. −∞ rules a token out. */
function checkLogits(logits: ArrayLike<number>): void {
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! < Infinity) continue;
    throw new AttuneError('NON_FINITE', `The logit of token ${id} is ${logits[id]}.`, {
      fix: 'The weights are damaged, or training has diverged: use an earlier checkpoint.',
      data: { token: id },
    });
  }
}

/** The id of the largest score, of equal ones the first. */
function largestOf(scores: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id]! > scores[best]!) best = id;
  return best;
}

/**
 * Draws a token from `logits f32[V]`: repetition penalty, temperature, top-k, top-p, min-p, as transformers orders them.
 * Of equal logits the one with the smaller id comes first.
 *
 * @param seen the sequence so far, for the repetition penalty.
 * @throws AttuneError NON_FINITE if a logit is NaN or +∞.
 */
export function sampleToken(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  random: Random,
  seen: readonly number[] = [],
): number {
  const { temperature = 1, topK = logits.length, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  checkLogits(logits);
  const scores = penalize(logits, seen, repetitionPenalty);
  if (temperature === 0) return largestOf(scores);
  const order = Array.from({ length: scores.length }, (_, id) => id).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  );
  const kept = order.slice(0, topK);
  const largest = scores[kept[0]!]!;
  const weights = kept.map((id) => Math.exp((scores[id]! - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // The token that carries the sum past topP is kept as well. The likeliest token's weight is 1.
  let [count, mass] = [0, 0];
  while (count < kept.length && (count === 0 || (mass < topP * total && weights[count]! >= minP))) {
    mass += weights[count++]!;
  }
  let rest = random.uniform() * mass;
  for (let i = 0; i < count; i++) {
    rest -= weights[i]!;
    if (rest < 0) return kept[i]!;
  }
  return kept[count - 1]!;
}
