import { sizeOf } from '@attune/core';
import { flattenRows, rule, type MatmulFlags } from '@attune/lowering-tfjs';
import { addressOf, uninitialised } from '../tfjs/heap.js';
import { multiply } from '../tfjs/product.js';
import { transposeMatrices } from './transpose.js';

export const matmulRules = {
  // Transposed operands are transposed first: the kernel's own way is a scalar loop, nine times slower than both steps.
  matmul: rule<MatmulFlags>((k, [x, y], { transposeA, transposeB }, [spec]) => {
    const rows = flattenRows(k, x!, y!);
    const a = transposeA ? transposeMatrices(k, rows) : rows;
    const b = transposeB ? transposeMatrices(k, y!) : y!;
    const [m, inner] = a.shape.slice(-2) as [number, number];
    const out = uninitialised(k, spec!);
    multiply({
      count: sizeOf(b.shape.slice(0, -2)),
      m,
      k: inner,
      n: b.shape.at(-1)!,
      a: addressOf(a),
      b: addressOf(b),
      out: addressOf(out),
    });
    return out;
  }),
};
