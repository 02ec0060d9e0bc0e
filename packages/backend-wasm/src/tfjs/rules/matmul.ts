import { sizeOf } from '@attune/core';
import { flattenRows, rule, type MatmulFlags } from '@attune/lowering-tfjs';
import { addressOf, uninitialised } from '../module/heap.js';
import { multiply } from '../module/product.js';
import { transposeMatrices } from './transpose.js';

/**
 * True if the kernel's scalar loop, of a nanosecond for each multiplication, ends before XNNPACK has begun: it needs
 * a microsecond, and three nanoseconds to pack each element of the second matrix.
 */
function isTiny(m: number, k: number, n: number): boolean {
  return m <= 3 || m * k * n <= 1024;
}

/** Rules for products of matrices. */
export const matmulRules = {
  matmul: rule<MatmulFlags>((k, [x, y], flags, [spec]) => {
    const { transposeA, transposeB } = flags;
    const rows = flattenRows(k, x!, y!);
    const count = sizeOf(y!.shape.slice(0, -2));
    const inner = rows.shape.at(transposeA ? -2 : -1)!;
    const n = spec!.shape.at(-1)!;
    const m = sizeOf(spec!.shape) / (count * n);
    if ((count > 1 || transposeA || transposeB) && isTiny(m, inner, n)) {
      return k.reshape(k.run('BatchMatMul', { a: rows, b: y! }, flags), spec!.shape);
    }
    // Transposed operands are transposed first: the kernel's own way is the scalar loop, nine times slower than both steps.
    const a = transposeA ? transposeMatrices(k, rows) : rows;
    const b = transposeB ? transposeMatrices(k, y!) : y!;
    const out = uninitialised(k, spec!);
    multiply({ count, m, k: inner, n, a: addressOf(a), b: addressOf(b), out: addressOf(out) });
    return out;
  }),
};
