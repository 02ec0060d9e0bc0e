import { topKIds } from '@attune/train';
import type { TokenLogprob } from '../scoring/scorer.js';

/** The logarithm of the sum of the exponentials of `logits f32[V]`. */
function logSumExp(logits: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > largest) largest = logits[id]!;
  if (largest === -Infinity) return largest;
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id]! - largest);
  return largest + Math.log(sum);
}

/** The ids of the `count` largest logits, the largest first; of equal ones the smaller id. */
function largestIds(logits: ArrayLike<number>, count: number): number[] {
  return [...topKIds(logits, count)].sort((a, b) => logits[b]! - logits[a]! || a - b);
}

/** Log-probabilities of tokens under the softmax of some logits. */
export interface Likelihoods {
  of(token: number): number;
  /** The most likely tokens, the likeliest first. */
  readonly top: readonly TokenLogprob[];
}

/** The log-probabilities that `logits f32[V]` give: `logit − log Σ exp(logits)`, in float64. The logits must stay as they are. */
export function likelihoodsOf(logits: ArrayLike<number>, top: number): Likelihoods {
  const total = logSumExp(logits);
  const of = (token: number) => logits[token]! - total;
  const count = Math.min(top, logits.length);
  const ids = count > 0 ? largestIds(logits, count) : [];
  return { of, top: ids.map((token) => ({ token, logprob: of(token) })) };
}
