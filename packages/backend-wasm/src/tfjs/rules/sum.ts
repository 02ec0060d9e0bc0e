import { sizeOf } from '@attune/core';
import { rule, type Kernels } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { addressOf, uninitialised } from '../module/heap.js';
import { multiply } from '../module/product.js';
import { transpose } from './transpose.js';

/** How many numbers are added one after the other in float32, at most: more are added in stages. */
const LONGEST = 1024;
const CHUNK = 256;

/** The largest divisor of `length` up to {@link CHUNK}, if it is worth a stage. */
function chunkOf(length: number): number | undefined {
  for (let chunk = CHUNK; chunk >= 16; chunk--) if (length % chunk === 0) return chunk;
  return undefined;
}

/** `[rows, length] → [rows]`. */
function sumOfRows(k: Kernels, x: Tensor, rows: number, length: number): Tensor {
  const flat = k.reshape(x, [rows, length]);
  if (length <= LONGEST) return k.run('Sum', { x: flat }, { axis: [1], keepDims: false });
  const chunk = chunkOf(length);
  if (chunk === undefined) {
    const missing = CHUNK - (length % CHUNK);
    const padded = k.run('PadV2', { x: flat }, { paddings: [[0, 0], [0, missing]], constantValue: 0 }); // prettier-ignore
    return sumOfRows(k, padded, rows, length + missing);
  }
  const chunks = (rows * length) / chunk;
  const partial = k.run('Sum', { x: k.reshape(flat, [chunks, chunk]) }, { axis: [1], keepDims: false });
  return sumOfRows(k, partial, rows, length / chunk);
}

/** `[length, columns] → [columns]`, as a product with a row of ones: XNNPACK adds whole vectors. */
function sumOfColumns(k: Kernels, x: Tensor, length: number, columns: number): Tensor {
  const stage = length <= LONGEST ? length : chunkOf(length);
  if (stage === undefined)
    return sumOfRows(k, transpose(k, k.reshape(x, [length, columns]), [1, 0]), columns, length);
  const n = (length / stage) * columns;
  const ones = k.fill({ shape: [stage], dtype: 'f32' }, 1);
  const out = uninitialised(k, { shape: [n], dtype: 'f32' });
  multiply({ count: 1, m: 1, k: stage, n, a: addressOf(ones), b: addressOf(x), out: addressOf(out) });
  return stage === length ? out : sumOfColumns(k, out, length / stage, columns);
}

export const sumRules = {
  sum: rule<{ axes: readonly number[]; keepDims: boolean }>((k, [x], { axes }, [out]) => {
    const kept = [...x!.shape.keys()].filter((axis) => !axes.includes(axis));
    const length = sizeOf(axes.map((axis) => x!.shape[axis]!));
    const rest = sizeOf(out!.shape);
    const leading = axes.every((axis, i) => axis === i);
    const total =
      leading && rest > 1
        ? sumOfColumns(k, x!, length, rest)
        : sumOfRows(k, transpose(k, x!, [...kept, ...axes]), rest, length);
    return k.reshape(total, out!.shape);
  }),
};
