/** A word of a tape: an i32, or the bits of an f32. */
export type Word = number;

const bits = new DataView(new ArrayBuffer(4));

/** The bits of a float32, as an i32. */
export function f32Bits(value: number): Word {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}
