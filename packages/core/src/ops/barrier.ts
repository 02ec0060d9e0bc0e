import { AttuneError } from '../errors/index.js';
import type { Tensor } from '../graph/tensor.js';
import { expectInputs } from '../tensor/checks.js';
import { sizeOf } from '../tensor/index.js';
import { defineComposite } from './define.js';

/**
 * `x`, but not before `after` is there: `x f32[…]`, `after f32[…]` → `x`. Its values are those of `x`, whatever `after` holds.
 *
 * What is computed from it is computed late, and apart from what was computed from `x` itself: with it, the backward pass
 * computes activations again instead of keeping them.
 */
export const barrier = defineComposite(
  'barrier',
  // Both branches are x, which no engine knows: it depends on both inputs, and is exact even where `after` is NaN.
  (g, [x, after]: readonly [Tensor, Tensor]) => {
    const first = g.slice(
      after,
      after.shape.map(() => 0),
      after.shape.map(() => 1),
    );
    return g.select(g.less(g.reshape(first, []), 0), x, x);
  },
  {
    check: (inputs) => {
      expectInputs('barrier', inputs, ['f32', 'f32']);
      if (sizeOf(inputs[1]!.shape) === 0) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          'barrier: there is nothing to wait for, the second tensor is empty.',
        );
      }
    },
    grad: (_g, { dOutput }) => [dOutput, undefined],
  },
);
