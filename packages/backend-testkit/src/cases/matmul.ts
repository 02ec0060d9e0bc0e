import type { Shape } from '@attune/core';
import { f32, type OpCase } from './op-case.js';

/** The leading axes of both operands, and of the second alone where it is one matrix for all. */
interface Sizes {
  readonly batch?: Shape;
  readonly shared?: boolean;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** A product in all four (three, with a shared matrix) ways of reading its operands. */
export function products({ batch = [], shared = false, m, k, n }: Sizes): OpCase[] {
  return [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB): OpCase[] => {
      if (shared && transposeA) return [];
      const a = [...batch, ...(transposeA ? [k, m] : [m, k])];
      const b = [...(shared ? [] : batch), ...(transposeB ? [n, k] : [k, n])];
      const flags = `${transposeA ? 'ᵀ' : ''} × [${b.join(', ')}]${transposeB ? 'ᵀ' : ''}`;
      return [
        {
          name: `matmul [${a.join(', ')}]${flags}`,
          inputs: { a: f32(a), b: f32(b) },
          compute: (g, inputs) => g.matmul(inputs['a']!, inputs['b']!, { transposeA, transposeB }),
        },
      ];
    }),
  );
}

/** Matrix products: sizes of 1, odd sizes, inner lengths beyond any tile, batches. */
export const matmulCases: readonly OpCase[] = [
  ...products({ m: 2, k: 3, n: 4 }),
  ...products({ m: 1, k: 1, n: 1 }),
  ...products({ m: 1, k: 5, n: 3 }),
  ...products({ m: 5, k: 1, n: 3 }),
  ...products({ m: 9, k: 67, n: 13 }),
  ...products({ batch: [3], m: 2, k: 3, n: 4 }),
  ...products({ batch: [2, 3], m: 4, k: 2, n: 1 }),
  ...products({ batch: [2, 1, 2], m: 2, k: 3, n: 2 }),
  ...products({ batch: [3], shared: true, m: 2, k: 3, n: 4 }),
  ...products({ batch: [2, 2], shared: true, m: 1, k: 3, n: 2 }),
  {
    name: 'matmul of a matrix with itself',
    inputs: { a: f32([3, 3]) },
    compute: (g, { a }) => g.matmul(a!, a!, { transposeB: true }),
  },
];
