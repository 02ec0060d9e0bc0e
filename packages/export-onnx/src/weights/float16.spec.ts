import { float16Bits, float16Value } from './float16.js';

test('every float16 is its own nearest', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = float16Value(bits);
    if (Number.isNaN(value)) expect(Number.isNaN(float16Value(float16Bits(value)))).toBe(true);
    else if (float16Bits(value) !== bits) throw new Error(`${bits} became ${float16Bits(value)}`);
  }
});

test.each([
  ['half way to the next is rounded to even, down', 1 + 2 ** -11, 1],
  ['and up', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
  ['a little more than half way is rounded up', 1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
  ['the largest', 65504, 65504],
  ['almost half way to what would come next', 65519.99, 65504],
  ['half way: too large', 65520, Infinity],
  ['the smallest', 2 ** -24, 2 ** -24],
  ['half of the smallest is rounded to even', 2 ** -25, 0],
  ['three quarters of the smallest', 1.5 * 2 ** -25, 2 ** -24],
  ['the largest with leading zeros, and half a step', 1023.5 * 2 ** -24, 2 ** -14],
])('%s', (_, value, nearest) => {
  expect(float16Value(float16Bits(value))).toBe(nearest);
  expect(float16Value(float16Bits(-value))).toBe(-nearest);
});
