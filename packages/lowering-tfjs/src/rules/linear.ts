import { sizeOf } from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Kernels } from '../runtime/kernels.js';
import { rule } from './rule.js';

/** How the operands of a product are read. */
export type MatmulFlags = { readonly transposeA: boolean; readonly transposeB: boolean };

/**
 * The operands of a product as tfjs takes them. One matrix for a whole batch, `[…, M, K] × [K, N]`, is one product over
 * all rows, `[… M, K] × [K, N]`.
 */
export function flattenRows(k: Kernels, a: Tensor, b: Tensor): Tensor {
  const shared = b.shape.length === 2 && a.shape.length > 2;
  return shared ? k.reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]) : a;
}

/** Reductions, products and indexing. */
export const linearRules = {
  sum: rule<{ axes: readonly number[]; keepDims: boolean }>((k, [x], { axes, keepDims }) =>
    k.run('Sum', { x: x! }, { axis: axes, keepDims }),
  ),

  max: rule<{ axes: readonly number[]; keepDims: boolean }>((k, [x], { axes, keepDims }) =>
    k.run('Max', { x: x! }, { reductionIndices: axes, keepDims }),
  ),

  matmul: rule<MatmulFlags>((k, [a, b], { transposeA, transposeB }, [out]) => {
    const product = k.run('BatchMatMul', { a: flattenRows(k, a!, b!), b: b! }, { transposeA, transposeB });
    return k.reshape(product, out!.shape);
  }),

  gather: rule((k, [x, indices]) =>
    k.run('GatherV2', { x: x!, indices: indices! }, { axis: 0, batchDims: 0 }),
  ),

  scatterAdd: rule<{ rows: number }>((k, [indices, updates], { rows }) => {
    const count = sizeOf(indices!.shape);
    const row = updates!.shape.slice(indices!.shape.length);
    return k.run(
      'ScatterNd',
      { indices: k.reshape(indices!, [count, 1]), updates: k.reshape(updates!, [count, ...row]) },
      { shape: [rows, ...row] },
    );
  }),

  softmax: rule((k, [logits]) => k.run('Softmax', { logits: logits! }, { dim: logits!.shape.length - 1 })),
};
