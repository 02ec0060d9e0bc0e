import type { NdArray } from '../interpreter/nd-array.js';

/** Calls `visit` with the begin and end of each row along the last axis. */
export function forEachRow(x: NdArray, visit: (start: number, end: number, row: number) => void): void {
  const width = x.shape.at(-1)!;
  const rows = width === 0 ? 0 : x.size / width;
  for (let row = 0; row < rows; row++) visit(row * width, (row + 1) * width, row);
}

/** `log Σ eˣ` over a row, shifted by the row's maximum so that nothing overflows. */
export function logSumExp(x: NdArray, start: number, end: number): number {
  let largest = -Infinity;
  for (let i = start; i < end; i++) largest = Math.max(largest, x.data[i]!);
  let total = 0;
  for (let i = start; i < end; i++) total += Math.exp(x.data[i]! - largest);
  return largest + Math.log(total);
}
