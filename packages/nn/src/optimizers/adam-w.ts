import type { Optimizer, Tensor } from '@attune/core';
import { decayOf, scheduleOf, type LearningRate } from './options.js';

/** Hyper-parameters of {@link adamW}, with PyTorch's defaults but for the weight decay, which is nanoGPT's. */
export interface AdamWOptions {
  readonly learningRate: LearningRate;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled; on tensors of two axes and more only. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay. Keeps `exp_avg.<name>` and `exp_avg_sq.<name>` for each parameter.
 *
 * Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019); `torch.optim.AdamW`.
 */
export function adamW(options: AdamWOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.1 } = options;
  const learningRate = scheduleOf(options.learningRate);
  return {
    name: 'adamW',
    config: { beta1, beta2, epsilon, weightDecay },
    learningRate,
    slots: ({ name, shape }) => ({
      [`exp_avg.${name}`]: { shape, dtype: 'f32' },
      [`exp_avg_sq.${name}`]: { shape, dtype: 'f32' },
    }),
    scalars: (iteration) => ({
      learningRate: learningRate(iteration),
      biasCorrection1: 1 - beta1 ** (iteration + 1),
      biasCorrection2: 1 - beta2 ** (iteration + 1),
    }),
    update: (g, parameter, value, grad, slots, { learningRate: lr, biasCorrection1, biasCorrection2 }) => {
      const [average, square] = [`exp_avg.${parameter.name}`, `exp_avg_sq.${parameter.name}`];
      const [updated, m, v] = g.applyAll(
        'adamW',
        [value, grad, slots[average]!, slots[square]!, lr!, biasCorrection1!, biasCorrection2!],
        { beta1, beta2, epsilon, weightDecay: decayOf(parameter, weightDecay) },
      ) as [Tensor, Tensor, Tensor];
      return { value: updated, slots: { [average]: m, [square]: v } };
    },
  };
}
