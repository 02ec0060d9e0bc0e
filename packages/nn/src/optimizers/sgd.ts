import type { Optimizer } from '@attune/core';
import { decayOf, scheduleOf, type LearningRate } from './options.js';

/** Hyper-parameters of {@link sgd}. */
export interface SgdOptions {
  readonly learningRate: LearningRate;
  /** 0 keeps no buffer. */
  readonly momentum?: number;
  /** Added to the gradient; on tensors of two axes and more only. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent: `buffer = momentum · buffer + grad`, `value −= lr · buffer`. Keeps
 * `momentum_buffer.<name>` where there is momentum.
 *
 * Reference implementation: `torch.optim.SGD`.
 */
export function sgd({ learningRate, momentum = 0, weightDecay = 0 }: SgdOptions): Optimizer {
  const schedule = scheduleOf(learningRate);
  return {
    name: 'sgd',
    config: { momentum, weightDecay },
    learningRate: schedule,
    slots: ({ name, shape }) =>
      momentum === 0 ? {} : { [`momentum_buffer.${name}`]: { shape, dtype: 'f32' } },
    scalars: (iteration) => ({ learningRate: schedule(iteration) }),
    update: (g, parameter, value, grad, slots, { learningRate: lr }) => {
      const slot = `momentum_buffer.${parameter.name}`;
      const decay = decayOf(parameter, weightDecay);
      const decayed = decay === 0 ? grad : g.add(grad, g.mul(value, decay));
      const step = momentum === 0 ? decayed : g.add(g.mul(slots[slot]!, momentum), decayed);
      return { value: g.sub(value, g.mul(step, lr!)), slots: momentum === 0 ? {} : { [slot]: step } };
    },
  };
}
