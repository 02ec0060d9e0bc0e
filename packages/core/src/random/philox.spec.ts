import { philox4x32 } from './philox.js';

const hex = (words: Uint32Array) => [...words].map((word) => word.toString(16).padStart(8, '0')).join(' ');

function words(counter: [number, number, number, number], key: [number, number]): string {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  return hex(out);
}

/** The known answers that Random123 publishes for philox4x32-10: zeros, ones, and the digits of π. */
test.each([
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
] as const)('counter %j with key %j', (counter, key, expected) => {
  expect(words([...counter], [...key])).toBe(expected);
});

test('every word of the counter and the key counts', () => {
  const all = [
    words([0, 0, 0, 0], [0, 0]),
    ...[0, 1, 2, 3].map((i) =>
      words([0, 1, 2, 3].map((j) => Number(i === j)) as [number, number, number, number], [0, 0]),
    ),
    words([0, 0, 0, 0], [1, 0]),
    words([0, 0, 0, 0], [0, 1]),
  ];
  expect(new Set(all).size).toBe(7);
});
