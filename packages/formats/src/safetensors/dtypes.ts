import type { DType, HostData } from '@attune/core';

/** Copies `count` elements from the bytes of a file into a host array, starting at its element `at`. */
type Decode = (bytes: DataView, into: HostData, at: number, count: number) => void;

/** How a dtype of a file becomes one of ours. */
export interface Decoding {
  /** The dtype it is widened or, for wide integers, narrowed to. */
  readonly dtype: DType;
  readonly decode: Decode;
}

/** A value that the host's dtype cannot hold. */
export class ValueError extends Error {}

/** Bits of one element, for every dtype the format knows; not all of them can be read. */
export const bitsPerElement: ReadonlyMap<string, number> = new Map([
  ['BOOL', 8],
  ['F4', 4],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['U8', 8],
  ['I8', 8],
  ['F8_E5M2', 8],
  ['F8_E4M3', 8],
  ['F8_E8M0', 8],
  ['F8_E4M3FNUZ', 8],
  ['F8_E5M2FNUZ', 8],
  ['I16', 16],
  ['U16', 16],
  ['F16', 16],
  ['BF16', 16],
  ['I32', 32],
  ['U32', 32],
  ['F32', 32],
  ['C64', 64],
  ['F64', 64],
  ['I64', 64],
  ['U64', 64],
]);

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

/** A float array as the bits of its elements, so that NaNs keep theirs. */
function bitsOf(into: HostData): Int32Array {
  return new Int32Array(into.buffer, into.byteOffset, into.length);
}

const decodeF32: Decode = (bytes, into, at, count) => {
  const bits = bitsOf(into);
  for (let i = 0; i < count; i++) bits[at + i] = bytes.getInt32(i * 4, true);
};

const decodeF16: Decode = (bytes, into, at, count) => {
  const bits = bitsOf(into);
  for (let i = 0; i < count; i++) bits[at + i] = float16ToFloat32Bits(bytes.getUint16(i * 2, true));
};

const decodeBF16: Decode = (bytes, into, at, count) => {
  const bits = bitsOf(into);
  for (let i = 0; i < count; i++) bits[at + i] = bytes.getUint16(i * 2, true) << 16;
};

const decodeI32: Decode = (bytes, into, at, count) => {
  for (let i = 0; i < count; i++) into[at + i] = bytes.getInt32(i * 4, true);
};

const decodeI64: Decode = (bytes, into, at, count) => {
  for (let i = 0; i < count; i++) {
    const low = bytes.getInt32(i * 8, true);
    // In range, the high half repeats the sign of the low one.
    if (bytes.getInt32(i * 8 + 4, true) !== low >> 31) {
      throw new ValueError(`element ${at + i} is ${bytes.getBigInt64(i * 8, true)}, which no i32 holds`);
    }
    into[at + i] = low;
  }
};

const decodeU8: Decode = (bytes, into, at, count) => {
  for (let i = 0; i < count; i++) into[at + i] = bytes.getUint8(i);
};

const decodeBool: Decode = (bytes, into, at, count) => {
  for (let i = 0; i < count; i++) {
    const value = bytes.getUint8(i);
    if (value > 1) throw new ValueError(`element ${at + i} is ${value}, which is neither 0 nor 1`);
    into[at + i] = value;
  }
};

/** The dtypes that can be read. */
export const decodings: ReadonlyMap<string, Decoding> = new Map<string, Decoding>([
  ['F32', { dtype: 'f32', decode: decodeF32 }],
  ['F16', { dtype: 'f32', decode: decodeF16 }],
  ['BF16', { dtype: 'f32', decode: decodeBF16 }],
  ['I32', { dtype: 'i32', decode: decodeI32 }],
  ['I64', { dtype: 'i32', decode: decodeI64 }],
  ['U8', { dtype: 'i32', decode: decodeU8 }],
  ['BOOL', { dtype: 'bool', decode: decodeBool }],
]);

/** How floats can be stored: as they are, or narrowed to 16 bits. */
export type FloatDType = 'f32' | 'bf16' | 'f16';

/** The name of a dtype in the file. */
export function storedDType(dtype: DType, floats: FloatDType): 'F32' | 'BF16' | 'F16' | 'I32' | 'BOOL' {
  if (dtype === 'f32') return floats === 'f32' ? 'F32' : floats === 'bf16' ? 'BF16' : 'F16';
  return dtype === 'i32' ? 'I32' : 'BOOL';
}

/** The bfloat16 nearest to a float32, of two that are as near the even one. */
export function float32ToBfloat16Bits(bits: number): number {
  // A NaN stays one, whatever is cut off.
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The float16 nearest to a float32, of two that are as near the even one; infinite beyond 65504. */
export function float32ToFloat16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520, half way from the largest to where the next would be, and all above.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2⁻²⁴. Beside 0.5, that is what a float32 is rounded to.
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, magnitude);
    view.setFloat32(0, view.getFloat32(0) + 0.5);
    return sign | (view.getUint32(0) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}
