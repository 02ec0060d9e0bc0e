import { AttuneError } from '../errors/index.js';
import { expectInputs, expectRank } from '../tensor/checks.js';
import { sizeOf } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/**
 * Rows of a table: `table f32[V, …]`, `indices i32[…]` → `f32[…, …]`. The embedding lookup.
 *
 * Indices lie in `[0, V)`. The reference throws TOKEN_OUT_OF_RANGE otherwise; engines may not notice. Those that come from
 * a feed are checked before each run, whatever the engine.
 */
export const gather = definePrimitive({
  name: 'gather',
  infer: (inputs) => {
    expectInputs('gather', inputs, ['f32', 'i32']);
    const [table, indices] = inputs;
    expectRank('gather', 'the table', table!, 1);
    return [{ shape: [...indices!.shape, ...table!.shape.slice(1)], dtype: 'f32' }];
  },
  indices: ([table]) => ({ input: 1, limit: table!.shape[0]! }),
  grad: (g, { inputs: [table, indices], dOutput }) => [
    g.scatterAdd(indices!, dOutput, table!.shape[0]!),
    undefined,
  ],
  reference: ([table, indices], _attrs, allocate) => {
    const row = table!.shape.slice(1);
    const width = sizeOf(row);
    const out = allocate({ shape: [...indices!.shape, ...row], dtype: 'f32' });
    indices!.data.forEach((index: number, i: number) => {
      if (index < 0 || index >= table!.shape[0]!) {
        throw new AttuneError(
          'TOKEN_OUT_OF_RANGE',
          `gather: index ${index} is not in [0, ${table!.shape[0]}).`,
        );
      }
      out.data.set(table!.data.subarray(index * width, (index + 1) * width), i * width);
    });
    return [out];
  },
});
