import { AttuneError } from '../errors/index.js';
import { keepMask } from '../random/index.js';
import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';

/**
 * Inverted dropout: sets elements to 0 with probability `p` and scales the rest by `1 / (1 − p)`:
 * `x f32[…]`, `seed i32[]` → `f32[…]`. The mask is that of {@link bernoulli}, so that the gradient is the same op on `dy`.
 *
 * Source: Srivastava et al., "Dropout" (2014).
 */
export const dropout = defineOp<{ p: number; stream: number }>({
  name: 'dropout',
  infer: (inputs, { p }) => {
    expectInputs('dropout', inputs, ['f32', 'i32']);
    expectSpec('dropout', 'the seed', inputs[1]!, { shape: [], dtype: 'i32' });
    if (!(p >= 0 && p < 1))
      throw new AttuneError('INVALID_ARGUMENT', `dropout: p must be in [0, 1), but is ${p}.`);
    return [inputs[0]!];
  },
  grad: (g, { inputs: [, seed], attrs: { p, stream }, dOutput }) => [
    g.dropout(dOutput, seed!, p, stream),
    undefined,
  ],
  decompose: (g, [x, seed], { p, stream }) => {
    const keep = g.cast(g.bernoulli(seed!, x!.shape, p, stream), 'f32');
    return [g.mul(x!, g.mul(keep, 1 / (1 - p)))];
  },
  reference: ([x, seed], { p, stream }) => {
    const mask = keepMask(seed!.data[0]!, stream, p, x!.size);
    return [x!.map((value, i) => (value * mask[i]!) / (1 - p))];
  },
});
