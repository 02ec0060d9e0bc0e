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

/** The tokens that may be drawn, by id, and a weight for each in proportion to its probability: 1 for the likeliest. */
interface Candidates {
  readonly ids: Int32Array;
  readonly weights: Float64Array;
}

// No step sorts the whole vocabulary: at GPT-2's size that would take half as long as the model does.

/** The k-th largest score, from a heap of the k largest so far with the least of them on top. */
function kthLargest(scores: ArrayLike<number>, k: number): number {
  const heap = new Float64Array(k).fill(-Infinity);
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id]!;
    if (!(score > heap[0]!)) continue;
    let at = 0;
    for (let child = 1; child < k; child = 2 * at + 1) {
      if (child + 1 < k && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= score) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = score;
  }
  return heap[0]!;
}

/** The ids of the `k` largest scores; of equal ones at the edge those with the smallest ids. */
export function topKIds(scores: ArrayLike<number>, k: number): Int32Array {
  const all = new Int32Array(scores.length);
  for (let id = 0; id < all.length; id++) all[id] = id;
  if (k >= scores.length) return all;
  const edge = kthLargest(scores, k);
  let room = k;
  for (let id = 0; id < scores.length; id++) if (scores[id]! > edge) room--;
  return all.filter((id) => scores[id]! > edge || (scores[id] === edge && room-- > 0));
}

/** Candidates of these ids, with the weights `exp((score − largest) / temperature)`. */
function weigh(scores: ArrayLike<number>, ids: Int32Array, temperature: number): Candidates {
  const largest = scores[largestOf(scores)]!;
  const weights = new Float64Array(ids.length);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp((scores[ids[i]!]! - largest) / temperature);
  return { ids, weights };
}

function sumOf(weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]!;
  return sum;
}

/**
 * A weight such that the tokens of at least this one have the share `topP` together, and few more than are needed: weights of
 * 1/4, 1/16, … are tried. Those below `(1 − topP) · total / n` are never needed: all of them weigh less than what may be missing.
 */
function leastWeight(weights: Float64Array, topP: number, total: number): number {
  const never = ((1 - topP) * total) / weights.length;
  for (let least = 1 / 4; least > never; least /= 4) {
    let mass = 0;
    for (let i = 0; i < weights.length; i++) if (weights[i]! >= least) mass += weights[i]!;
    if (mass >= topP * total) return least;
  }
  return never;
}

/**
 * Rules out all but the likeliest tokens that together have the share `topP`; the one that carries their sum past it stays
 * as well.
 */
function keepTopP({ weights }: Candidates, topP: number): void {
  if (topP === 1) return;
  const total = sumOf(weights);
  const least = leastWeight(weights, topP, total);
  const order: number[] = [];
  for (let i = 0; i < weights.length; i++) if (weights[i]! >= least) order.push(i);
  const before = Float64Array.from(order, (i) => weights[i]!);
  const ranks = Array.from(order, (_, rank) => rank).sort((a, b) => before[b]! - before[a]! || a - b);
  weights.fill(0);
  let mass = 0;
  for (const rank of ranks) {
    if (mass >= topP * total) break;
    weights[order[rank]!] = before[rank]!;
    mass += before[rank]!;
  }
}

/** Rules out what is less likely than the share `minP` of the likeliest. */
function keepMinP({ weights }: Candidates, minP: number): void {
  if (minP === 0) return;
  for (let i = 0; i < weights.length; i++) if (weights[i]! < minP) weights[i] = 0;
}

/** A token, with a probability in proportion to its weight. */
function draw({ ids, weights }: Candidates, random: Random): number {
  let rest = random.uniform() * sumOf(weights);
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    rest -= weights[i]!;
    last = ids[i]!;
    if (rest < 0) break;
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
  const candidates = weigh(scores, topKIds(scores, topK), temperature);
  keepTopP(candidates, topP);
  keepMinP(candidates, minP);
  return draw(candidates, random);
}
