import type { NdArray } from '@attune/core';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** A number with so many bits after the point, to the nearest: 10 for tf32 and float16, 7 for bf16. Range is as float32's. */
export function roundTo(kept: number, value: number): number {
  if (!Number.isFinite(value)) return value;
  const dropped = 23 - kept;
  float[0] = value;
  bits[0] = (bits[0]! + 2 ** (dropped - 1)) & -(2 ** dropped);
  return float[0];
}

/** Every element rounded. */
export function rounded(kept: number, array: NdArray): NdArray {
  return array.dtype === 'f32' ? array.map((value) => roundTo(kept, value)) : array;
}
