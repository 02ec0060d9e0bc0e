import type { StorageDType } from './spec.js';

/** Storage types that float32 is rounded to. An i8 needs a scale: whoever chooses it rounds as well. */
export type NarrowFloat = 'bf16' | 'f16';

/** The bits of the float32 equal to a bfloat16. */
export function bfloat16ToFloat32Bits(bits: number): number {
  return bits << 16;
}

/** The bits of the float32 equal to a float16. */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift the leading one to where float32 implies it.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** The bfloat16 nearest to a float32, of two that are as near the even one. A NaN stays one. */
export function float32ToBfloat16Bits(bits: number): number {
  // A NaN stays one, whatever is cut off.
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

const view = new DataView(new ArrayBuffer(4));

/** The float16 nearest to a float32, of two that are as near the even one; infinite from 65520 on. A NaN stays one. */
export function float32ToFloat16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520, half way from the largest to where the next would be, and all above.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2⁻²⁴. Beside 0.5, that is what a float32 is rounded to.
    view.setUint32(0, magnitude);
    view.setFloat32(0, view.getFloat32(0) + 0.5);
    return sign | (view.getUint32(0) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** The first number that is finite and would be infinite in f16, if there is one. */
export function beyondFloat16(data: Float32Array): number | undefined {
  // From 65520 on, the nearest would be infinity.
  return data.find((value) => Number.isFinite(value) && Math.abs(value) >= 65520);
}

const widening = { bf16: bfloat16ToFloat32Bits, f16: float16ToFloat32Bits } as const;
const narrowing = { bf16: float32ToBfloat16Bits, f16: float32ToFloat16Bits } as const;

/** The number that an element of a storage type stands for. */
export function widenElement(dtype: StorageDType, element: number): number {
  if (dtype === 'i8') return element;
  view.setInt32(0, widening[dtype](element));
  return view.getFloat32(0);
}

/** The element of a storage type nearest to a number, which is first rounded to float32. */
export function narrowElement(dtype: NarrowFloat, value: number): number {
  view.setFloat32(0, value);
  return narrowing[dtype](view.getInt32(0));
}

/**
 * Writes elements of a storage type as the float32 that they are equal to, bit for bit: NaNs keep their payload.
 *
 * @param to as long as `from`.
 */
export function widenInto(to: Float32Array, dtype: StorageDType, from: Uint16Array | Int8Array): void {
  if (dtype === 'i8') return to.set(from);
  const bits = new Int32Array(to.buffer, to.byteOffset, to.length);
  const widen = widening[dtype];
  for (let i = 0; i < from.length; i++) bits[i] = widen(from[i]!);
}

/**
 * Writes float32 numbers as the nearest elements of a storage type, of two that are as near the even one.
 *
 * @param to as long as `from`.
 */
export function narrowInto(to: Uint16Array, dtype: NarrowFloat, from: Float32Array): void {
  const bits = new Int32Array(from.buffer, from.byteOffset, from.length);
  const narrow = narrowing[dtype];
  for (let i = 0; i < from.length; i++) to[i] = narrow(bits[i]!);
}
