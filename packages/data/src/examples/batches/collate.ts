import { hostTensor, type Batch, type TensorSpecs } from '@attune/core';
import type { EncodedExample } from '../rows/example.js';

/** Shape of the rows of a batch. */
export interface BatchShape {
  /** B. */
  readonly batchSize: number;
  /** T. */
  readonly length: number;
  /** Stands where there is no token. It carries no loss there, whatever id it is. */
  readonly padId: number;
}

/** Specs of {@link collateRows}, or with `packed` of {@link collatePacks}. */
export function exampleBatchSpec(batchSize: number, length: number, packed = false): TensorSpecs {
  const shape = [batchSize, length];
  return {
    x: { shape, dtype: 'i32' },
    y: { shape, dtype: 'i32' },
    lossMask: { shape, dtype: 'f32' },
    ...(packed && { positions: { shape, dtype: 'i32' }, documents: { shape, dtype: 'i32' } }),
  };
}

/**
 * Rows as a batch: `x = ids[:-1]`, `y = ids[1:]`, `lossMask = weights[1:]`, padded on the right with mask 0. Rows beyond
 * those given are padding.
 */
export function collateRows(
  rows: readonly EncodedExample[],
  { batchSize, length, padId }: BatchShape,
): Batch {
  const fields = allocate(batchSize * length, padId);
  rows.forEach((row, r) => place(fields, row, r * length));
  return tensorsOf(fields, [batchSize, length]);
}

/**
 * Packed rows as a batch: documents one after the other, each as in {@link collateRows}, so that no token predicts one of
 * another document. `positions` begin at 0 in each document; `documents` counts them within the row, and the padding
 * behind the last is one more.
 */
export function collatePacks(
  packs: readonly (readonly EncodedExample[])[],
  { batchSize, length, padId }: BatchShape,
): Batch {
  const shape = [batchSize, length];
  const fields = allocate(batchSize * length, padId);
  const positions = new Int32Array(batchSize * length);
  const documents = new Int32Array(batchSize * length);
  packs.forEach((pack, r) => {
    let start = r * length;
    pack.forEach((row, document) => {
      const end = start + row.ids.length - 1;
      place(fields, row, start);
      for (let i = start; i < end; i++) positions[i] = i - start;
      documents.fill(document, start, end);
      start = end;
    });
    documents.fill(pack.length, start, (r + 1) * length);
  });
  return {
    ...tensorsOf(fields, shape),
    positions: hostTensor('i32', shape, positions),
    documents: hostTensor('i32', shape, documents),
  };
}

interface Fields {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly lossMask: Float32Array;
}

function allocate(size: number, padId: number): Fields {
  return {
    x: new Int32Array(size).fill(padId),
    y: new Int32Array(size).fill(padId),
    lossMask: new Float32Array(size),
  };
}

function place({ x, y, lossMask }: Fields, { ids, weights }: EncodedExample, start: number): void {
  x.set(ids.subarray(0, -1), start);
  y.set(ids.subarray(1), start);
  lossMask.set(weights.subarray(1), start);
}

function tensorsOf({ x, y, lossMask }: Fields, shape: readonly number[]): Batch {
  return {
    x: hostTensor('i32', shape, x),
    y: hostTensor('i32', shape, y),
    lossMask: hostTensor('f32', shape, lossMask),
  };
}
