import type { Tensor } from '../graph/tensor.js';
import { expectInputs, expectSpec } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/** AdamW's constants; what changes from step to step is an input. */
export interface AdamWAttributes extends Readonly<Record<string, number>> {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

type Inputs = readonly [
  ...[param: Tensor, grad: Tensor, expAvg: Tensor, expAvgSq: Tensor],
  ...[learningRate: Tensor, biasCorrection1: Tensor, biasCorrection2: Tensor],
];

/**
 * One AdamW update of one tensor: `param, grad, expAvg, expAvgSq f32[…]`, and the scalars `learningRate`,
 * `biasCorrection1 = 1 − β₁ᵗ`, `biasCorrection2 = 1 − β₂ᵗ` → new `param, expAvg, expAvgSq f32[…]`.
 *
 *     expAvg   = β₁ expAvg + (1 − β₁) grad
 *     expAvgSq = β₂ expAvgSq + (1 − β₂) grad²
 *     param    = param (1 − lr · weightDecay) − lr / bc₁ · expAvg / (√expAvgSq / √bc₂ + ε)
 *
 * Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019); `torch.optim.AdamW`.
 */
export const adamW = defineComposite(
  'adamW',
  (
    g,
    [param, grad, expAvg, expAvgSq, learningRate, biasCorrection1, biasCorrection2]: Inputs,
    { beta1, beta2, epsilon, weightDecay }: AdamWAttributes,
  ) => {
    const m = g.add(g.mul(expAvg, beta1), g.mul(grad, 1 - beta1));
    const v = g.add(g.mul(expAvgSq, beta2), g.mul(g.square(grad), 1 - beta2));
    const denominator = g.add(g.mul(g.sqrt(v), g.rsqrt(biasCorrection2)), epsilon);
    const step = g.mul(g.div(learningRate, biasCorrection1), g.div(m, denominator));
    const decayed = weightDecay === 0 ? param : g.mul(param, g.sub(1, g.mul(learningRate, weightDecay)));
    return [g.sub(decayed, step), m, v];
  },
  {
    check: (inputs) => {
      expectInputs('adamW', inputs, ['f32', 'f32', 'f32', 'f32', 'f32', 'f32', 'f32']);
      const [param] = inputs;
      inputs
        .slice(1, 4)
        .forEach((input, i) => expectSpec('adamW', ['grad', 'expAvg', 'expAvgSq'][i]!, input, param!));
      inputs.slice(4).forEach((input) => expectSpec('adamW', 'a scalar', input, { shape: [], dtype: 'f32' }));
    },
  },
);
