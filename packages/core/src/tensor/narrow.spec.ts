import { float16ToFloat32Bits, float32ToBfloat16Bits, float32ToFloat16Bits } from './narrow.js';

const view = new DataView(new ArrayBuffer(4));
const bitsOf = (value: number) => (view.setFloat32(0, value), view.getInt32(0));
const valueOf = (bits: number) => (view.setInt32(0, bits), view.getFloat32(0));

/** Each kind by how it is narrowed and widened, and the bits of its largest finite number. */
const kinds = {
  f16: { narrow: float32ToFloat16Bits, widen: float16ToFloat32Bits, largest: 0x7bff, infinity: 0x7c00 },
  bf16: {
    narrow: float32ToBfloat16Bits,
    widen: (bits: number) => bits << 16,
    largest: 0x7f7f,
    infinity: 0x7f80,
  },
};

describe.each(Object.entries(kinds))('%s', (_name, { narrow, widen, largest, infinity }) => {
  const narrowed = (value: number) => narrow(bitsOf(value));

  test('every number of 16 bits stays what it is', () => {
    for (let bits = 0; bits <= infinity; bits++) {
      for (const signed of [bits, bits | 0x8000]) {
        if (narrow(widen(signed)) !== signed)
          throw new Error(`${signed.toString(16)} becomes another number`);
      }
    }
  });

  test('what lies between two becomes the nearer one, and half way the even one', () => {
    for (let bits = 0; bits < largest; bits++) {
      const [low, high] = [valueOf(widen(bits)), valueOf(widen(bits + 1))];
      // float32 holds the middle, and what is next to it.
      const middle = bitsOf((low + high) / 2);
      const expected = [bits, bits + (bits & 1), bits + 1];
      const got = [middle - 1, middle, middle + 1].map(narrow);
      if (got.join() !== expected.join())
        throw new Error(`between ${low} and ${high}: ${got} instead of ${expected}`);
      if (narrow(middle | 0x80000000) !== (expected[1]! | 0x8000)) throw new Error(`sign of ${-middle}`);
    }
  });

  test('infinities and NaN stay what they are', () => {
    expect([narrowed(Infinity), narrowed(-Infinity)]).toEqual([infinity, infinity | 0x8000]);
    expect(valueOf(widen(narrowed(NaN)))).toBeNaN();
    // A NaN whose set bits would all be cut off.
    expect(valueOf(widen(narrow(0x7f800001)))).toBeNaN();
  });

  test('what is nearer to the next power of two than to the largest is infinite', () => {
    const step = valueOf(widen(largest)) - valueOf(widen(largest - 1));
    expect(narrowed(valueOf(widen(largest)) + step / 4)).toBe(largest);
    expect(narrowed(valueOf(widen(largest)) + step / 2)).toBe(infinity);
  });
});
