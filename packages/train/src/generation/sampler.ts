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

// What follows works on a weight for each token, in proportion to its probability: 1 for the likeliest, 0 for what is ruled
// out. No step sorts the whole vocabulary by id: at GPT-2's size that would take longer than the model does.

/** `exp((score − largest) / temperature)`. */
function weigh(scores: ArrayLike<number>, temperature: number): Float64Array {
  const largest = scores[largestOf(scores)]!;
  const weights = new Float64Array(scores.length);
  for (let id = 0; id < weights.length; id++) weights[id] = Math.exp((scores[id]! - largest) / temperature);
  return weights;
}

/** Rules out all but the `k` likeliest; of equal ones at the edge those with the smallest ids stay. */
function keepTopK(weights: Float64Array, k: number): void {
  if (k >= weights.length) return;
  const edge = weights.slice().sort()[weights.length - k]!;
  let room = k;
  for (const weight of weights) if (weight > edge) room--;
  weights.forEach((weight, id) => {
    if (weight < edge || (weight === edge && room-- <= 0)) weights[id] = 0;
  });
}

/**
 * Rules out all but the likeliest tokens that together have the share `topP`; the one that carries their sum past it stays
 * as well. Tokens below `(1 − topP) · total / V` are never among them, since all of those together weigh less than what
 * may be missing: few are left to be sorted.
 */
function keepTopP(weights: Float64Array, topP: number): void {
  if (topP === 1) return;
  const before = weights.slice();
  const total = before.reduce((sum, weight) => sum + weight, 0);
  const least = ((1 - topP) * total) / before.length;
  const order: number[] = [];
  before.forEach((weight, id) => {
    if (weight >= least) order.push(id);
  });
  order.sort((a, b) => before[b]! - before[a]! || a - b);
  weights.fill(0);
  let mass = 0;
  for (const id of order) {
    if (mass >= topP * total) break;
    weights[id] = before[id]!;
    mass += before[id]!;
  }
}

/** Rules out what is less likely than the share `minP` of the likeliest. */
function keepMinP(weights: Float64Array, minP: number): void {
  weights.forEach((weight, id) => {
    if (weight < minP) weights[id] = 0;
  });
}

/** A token, with a probability in proportion to its weight. */
function draw(weights: Float64Array, random: Random): number {
  let rest = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] === 0) continue;
    rest -= weights[id]!;
    if (rest < 0) return id;
    last = id;
  }
  return last;
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
  const weights = weigh(scores, temperature);
  keepTopK(weights, topK);
  keepTopP(weights, topP);
  keepMinP(weights, minP);
  return draw(weights, random);
}
