import { keepMask } from './keep-mask.js';
import { philox4x32 } from './philox.js';

const SIZE = 40_000;
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test('element i is word i mod 4 of block i / 4, kept if it is at least p · 2³²', () => {
  const mask = keepMask(99, 3, 0.3, 10);
  const words = new Uint32Array(4);
  for (let i = 0; i < 10; i++) {
    philox4x32([Math.floor(i / 4), 0, 3, 1], [99, 0], words);
    expect(mask[i]).toBe(words[i % 4]! >= 0.3 * 2 ** 32 ? 1 : 0);
  }
});

test('a longer mask begins with the shorter one', () => {
  expect([...keepMask(1, 0, 0.5, 1000).subarray(0, 7)]).toEqual([...keepMask(1, 0, 0.5, 7)]);
});

test.each([0.1, 0.5, 0.9])('keeps 1 − %d of the elements', (p) => {
  const deviation = Math.sqrt((p * (1 - p)) / SIZE);
  expect(Math.abs(mean(keepMask(1337, 0, p, SIZE)) - (1 - p))).toBeLessThan(4 * deviation);
});

test('p = 0 keeps everything', () => {
  expect(mean(keepMask(5, 5, 0, 1001))).toBe(1);
});

test('streams, seeds and neighbours are independent', () => {
  const base = keepMask(1, 0, 0.5, SIZE);
  const agreement = (other: ArrayLike<number>) => mean(base.map((kept, i) => Number(kept === other[i])));
  const others = [keepMask(1, 1, 0.5, SIZE), keepMask(2, 0, 0.5, SIZE), keepMask(-1, 0, 0.5, SIZE)];
  const shifted = [1, 2, 4].map((by) => keepMask(1, 0, 0.5, SIZE + by).subarray(by));
  for (const other of [...others, ...shifted]) {
    expect(Math.abs(agreement(other) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / SIZE));
  }
});
