import { AttuneError, sizeOf, stridesOf } from '@attune/core';
import { rule, rules } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { addressOf, bytes, uninitialised, viewOf } from '../module/heap.js';

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

/** Where each block of `length` elements begins in a tensor, for every combination of the leading `sizes`. */
function* blockStarts(
  starts: readonly number[],
  sizes: readonly number[],
  strides: readonly number[],
): Generator<number> {
  if (sizes.length === 0) {
    yield 0;
    return;
  }
  for (let i = 0; i < sizes[0]!; i++) {
    const offset = (starts[0]! + i) * strides[0]!;
    for (const inner of blockStarts(starts.slice(1), sizes.slice(1), strides.slice(1))) yield offset + inner;
  }
}

/** Fails for the first index that is out of range: the kernels would read or write beside the tensor. */
function checkIndices(op: string, indices: ArrayLike<number>, rows: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index >= 0 && index < rows) continue;
    throw new AttuneError('TOKEN_OUT_OF_RANGE', `${op}: index ${index} is not in [0, ${rows}).`);
  }
}

/** Rules that copy runs of elements within the module's memory. */
export const blockRules = {
  // The kernel copies its whole input out of the module before it takes the slice.
  slice: rule<{ starts: readonly number[]; sizes: readonly number[] }>(
    (k, [x], { starts, sizes }, [spec]) => {
      const out = uninitialised(k, spec!);
      const { shape } = x!;
      // From this axis on, only the first one is cut: what is taken lies in one piece.
      let axis = shape.length;
      while (axis > 0 && sizes[axis - 1] === shape[axis - 1]) axis--;
      axis = Math.max(axis - 1, 0);
      const strides = stridesOf(shape);
      const size = BYTES[x!.dtype]!;
      const length = sizeOf(sizes.slice(axis)) * size;
      const source = addressOf(x!) + (starts[axis] ?? 0) * (strides[axis] ?? 1) * size;
      copy(out, length, source, size, blockStarts(starts.slice(0, axis), sizes.slice(0, axis), strides));
      return out;
    },
  ),

  // The kernel computes the coordinates of each element in vectors that it allocates.
  gather: rule((k, [table, indices], _attrs, [spec]) => {
    const out = uninitialised(k, spec!);
    const width = sizeOf(table!.shape.slice(1));
    const rows = viewOf<Int32Array>(indices!);
    checkIndices('gather', rows, table!.shape[0]!);
    copy(out, width * 4, addressOf(table!), 4 * width, rows);
    return out;
  }),

  scatterAdd: rule<{ rows: number }>((k, inputs, attrs, outputs) => {
    checkIndices('scatterAdd', viewOf<Int32Array>(inputs[0]!), attrs.rows);
    return rules.scatterAdd.apply(k, inputs, attrs, outputs);
  }),
};

/** Fills `out` with blocks of `length` bytes, read at `source + unit · start` for each start. */
function copy(out: Tensor, length: number, source: number, unit: number, starts: Iterable<number>): void {
  const heap = bytes();
  let target = addressOf(out);
  for (const start of starts) {
    const from = source + unit * start;
    heap.copyWithin(target, from, from + length);
    target += length;
  }
}
