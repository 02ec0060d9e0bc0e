import { expectInputs, expectShape } from '../tensor/checks.js';
import { formatSpec, sameShape, sizeOf } from '../tensor/index.js';
import { definePrimitive } from './define.js';

/**
 * Adds rows into a table of zeros: `indices i32[…]`, `updates f32[…, …]` → `f32[rows, …]`. Duplicate indices add up.
 * The gradient of the embedding lookup.
 *
 * The same as the product `oneHot(indices)ᵀ · updates`, which is deterministic on every engine.
 */
export const scatterAdd = definePrimitive<{ rows: number }>({
  name: 'scatterAdd',
  infer: (inputs, { rows }) => {
    expectInputs('scatterAdd', inputs, ['i32', 'f32']);
    const [indices, updates] = inputs;
    const rank = indices!.shape.length;
    expectShape(
      sameShape(updates!.shape.slice(0, rank), indices!.shape),
      () => `scatterAdd: ${formatSpec(updates!)} does not begin with the axes of ${formatSpec(indices!)}.`,
    );
    return [{ shape: [rows, ...updates!.shape.slice(rank)], dtype: 'f32' }];
  },
  indices: (_inputs, { rows }) => ({ input: 0, limit: rows }),
  grad: (g, { inputs: [indices], dOutput }) => [undefined, g.gather(dOutput, indices!)],
  reference: ([indices, updates], { rows }, allocate) => {
    const row = updates!.shape.slice(indices!.shape.length);
    const width = sizeOf(row);
    const out = allocate({ shape: [rows, ...row], dtype: 'f32' });
    const total = new Float64Array(out.size);
    indices!.data.forEach((index: number, i: number) => {
      for (let j = 0; j < width; j++) total[index * width + j]! += updates!.data[i * width + j]!;
    });
    out.data.set(total);
    return [out];
  },
});
