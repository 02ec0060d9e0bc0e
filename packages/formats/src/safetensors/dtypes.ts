import { bfloat16ToFloat32Bits, float16ToFloat32Bits, type DType, type HostData } from '@attune/core';

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
  for (let i = 0; i < count; i++) bits[at + i] = bfloat16ToFloat32Bits(bytes.getUint16(i * 2, true));
};

const decodeHalves: Decode = (bytes, into, at, count) => {
  for (let i = 0; i < count; i++) into[at + i] = bytes.getUint16(i * 2, true);
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

/** Decodings of narrow floats that leave them as they are; the others of {@link decodings} stand. */
export const storedDecodings: ReadonlyMap<string, Decoding> = new Map<string, Decoding>([
  ...decodings,
  ['F16', { dtype: 'f16', decode: decodeHalves }],
  ['BF16', { dtype: 'bf16', decode: decodeHalves }],
]);

/** How floats can be stored: as they are, or narrowed to 16 bits. */
export type FloatDType = 'f32' | 'bf16' | 'f16';

/** The name of a dtype in the file. */
export function storedDType(dtype: DType, floats: FloatDType): string {
  return (dtype === 'f32' ? floats : dtype).toUpperCase();
}
