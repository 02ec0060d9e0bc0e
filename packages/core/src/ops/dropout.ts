import { AttuneError } from '../errors/index.js';
import type { Tensor } from '../graph/tensor.js';
import { expectInputs, expectSpec } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/** How much is dropped, and by which of a program's masks. */
export interface DropoutAttributes extends Readonly<Record<string, number>> {
  readonly p: number;
  readonly stream: number;
}

/**
 * Inverted dropout: sets elements to 0 with probability `p` and scales the rest by `1 / (1 − p)`:
 * `x f32[…]`, `seed i32[]` → `f32[…]`. The mask is that of {@link bernoulli}, so that the gradient is the same op on `dy`.
 *
 * Source: Srivastava et al., "Dropout" (2014).
 */
export const dropout = defineComposite(
  'dropout',
  (g, [x, seed]: readonly [Tensor, Tensor], { p, stream }: DropoutAttributes) => {
    const keep = g.cast(g.bernoulli(seed, x.shape, p, stream), 'f32');
    return g.mul(x, g.mul(keep, 1 / (1 - p)));
  },
  {
    check: (inputs, { p }) => {
      expectInputs('dropout', inputs, ['f32', 'i32']);
      expectSpec('dropout', 'the seed', inputs[1]!, { shape: [], dtype: 'i32' });
      if (!(p >= 0 && p < 1))
        throw new AttuneError('INVALID_ARGUMENT', `dropout: p must be in [0, 1), but is ${p}.`);
    },
    grad: (g, { inputs: [, seed], attrs: { p, stream }, dOutput }) => [
      g.dropout(dOutput, seed!, p, stream),
      undefined,
    ],
  },
);
