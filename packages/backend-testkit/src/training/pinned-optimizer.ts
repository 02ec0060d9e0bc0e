import type { Optimizer } from '@attune/core';
import { adamW, cosine, sgd } from '@attune/nn';

/** AdamW under a cosine schedule, as a fixture's `case.json` has it. */
export interface PinnedAdamW {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly schedule: { peak: number; min: number; warmupIters: number; decayIters: number };
  readonly gradClip: number;
}

/** SGD with momentum, and what PyTorch computed with it. */
export interface PinnedSgd {
  readonly learningRate: number;
  readonly momentum: number;
  readonly gradClip: number;
  readonly steps: readonly { loss: number; gradNorm: number }[];
}

/** AdamW as the fixture's run had it. */
export function adamWOf({ optimizer }: { readonly optimizer: PinnedAdamW }): Optimizer {
  const { eps, schedule, beta1, beta2, weightDecay } = optimizer;
  return adamW({ beta1, beta2, weightDecay, epsilon: eps, learningRate: cosine(schedule) });
}

/** SGD as the fixture's second run had it. */
export function sgdOf({ learningRate, momentum }: PinnedSgd): Optimizer {
  return sgd({ learningRate, momentum });
}
