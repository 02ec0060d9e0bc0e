import { keepMask } from '../random/index.js';
import { expectInputs, expectLengths, expectSpec } from '../tensor/checks.js';
import { sizeOf, type Shape } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/**
 * Random booleans, `true` with probability `1 − p`: `seed i32[]` → `bool[shape]`.
 *
 * A pure function of the seed that is fed and of `stream`, which tells the masks of one program apart; the same on
 * every backend. {@link keepMask} is its definition.
 */
export const bernoulli = definePrimitive<{ shape: Shape; p: number; stream: number }>({
  name: 'bernoulli',
  infer: (inputs, { shape }) => {
    expectInputs('bernoulli', inputs, ['i32']);
    expectLengths('bernoulli', shape);
    expectSpec('bernoulli', 'the seed', inputs[0]!, { shape: [], dtype: 'i32' });
    return [{ shape, dtype: 'bool' }];
  },
  reference: ([seed], { shape, p, stream }, allocate) => {
    const out = allocate({ shape, dtype: 'bool' });
    out.data.set(keepMask(seed!.data[0]!, stream, p, sizeOf(shape)));
    return [out];
  },
});
