import { AttuneError, beyondFloat16, narrowElement, narrowInto } from '@attune/core';
import { Q8_BLOCK, Q8_BLOCK_BYTES, type GgufTensorType } from './tensor-types.js';

function littleEndian32(data: Float32Array): Uint8Array {
  // By their bits, so that NaNs keep theirs.
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const bytes = new Uint8Array(data.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bits.length; i++) view.setInt32(i * 4, bits[i]!, true);
  return bytes;
}

function halves(data: Float32Array, dtype: 'f16' | 'bf16'): Uint8Array {
  const narrow = new Uint16Array(data.length);
  narrowInto(narrow, dtype, data);
  const bytes = new Uint8Array(data.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < narrow.length; i++) view.setUint16(i * 2, narrow[i]!, true);
  return bytes;
}

const f32 = Math.fround;

/** To the nearest integer, and from half way on away from zero, as C's `roundf`. */
const round = (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/**
 * Blocks of 32 numbers as a scale, `max|x| / 127` in float16, and `round(x · 127 / max|x|)` as signed bytes. All in
 * float32, with the scale not yet rounded, so that the bytes are those of ggml.
 *
 * Source: ggml, `quantize_row_q8_0_ref`. A number is off by at most half a scale, plus 127 times what rounding the scale to
 * float16 takes from it: 2⁻¹¹ of it, or 2⁻²⁵ for scales below 2⁻¹⁴.
 */
function quantize8(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array((data.length / Q8_BLOCK) * Q8_BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let start = 0, at = 0; start < data.length; start += Q8_BLOCK, at += Q8_BLOCK_BYTES) {
    let largest = 0;
    for (let i = 0; i < Q8_BLOCK; i++) largest = Math.max(largest, Math.abs(data[start + i]!));
    const scale = f32(largest / 127);
    const inverse = scale === 0 ? 0 : f32(1 / scale);
    view.setUint16(at, narrowElement('f16', scale), true);
    for (let i = 0; i < Q8_BLOCK; i++) {
      view.setInt8(at + 2 + i, round(f32(data[start + i]! * inverse)));
    }
  }
  return bytes;
}

/** The largest magnitude whose `q8_0` scale float16 holds. */
const Q8_LIMIT = 65519 * 127;

/** Why numbers cannot be stored as a type, if they cannot. */
function faultOf(data: Float32Array, type: GgufTensorType): string | undefined {
  if (type === 'f16') {
    const beyond = beyondFloat16(data);
    return beyond === undefined ? undefined : `has the value ${beyond}, which f16 does not hold`;
  }
  if (type !== 'q8_0') return undefined;
  const odd = data.find((value) => !(Math.abs(value) <= Q8_LIMIT));
  return odd === undefined ? undefined : `has the value ${odd}, which q8_0 does not hold`;
}

/**
 * Numbers as a file stores them. In `q8_0`, they are whole blocks.
 *
 * @param name of the tensor, for messages.
 * @throws AttuneError INVALID_ARGUMENT if there is a number that the type does not hold.
 */
export function encodeElements(name: string, data: Float32Array, type: GgufTensorType): Uint8Array {
  const fault = faultOf(data, type);
  if (fault !== undefined) {
    throw new AttuneError('INVALID_ARGUMENT', `${name} ${fault}.`, {
      fix: 'Store the model as bf16 or f32.',
    });
  }
  if (type === 'f32') return littleEndian32(data);
  return type === 'q8_0' ? quantize8(data) : halves(data, type);
}
