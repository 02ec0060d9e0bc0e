import { Random } from '@attune/core';
import { hashWords } from './hash-words.js';

const words = (...values: number[]) => Int32Array.from(values);

test('distinguishes what differs in one bit, in order or in where an array ends', () => {
  const all = [
    [words()],
    [words(0)],
    [words(0, 0)],
    [words(0), words(0)],
    [words(), words(0, 0)],
    [words(1, 2), words(3)],
    [words(1), words(2, 3)],
    [words(2, 1), words(3)],
    ...Array.from({ length: 32 }, (_, bit) => [words(1 << bit, 7, 7)]),
    ...Array.from({ length: 32 }, (_, bit) => [words(7, 7, 1 << bit)]),
  ];
  const hashes = all.map(hashWords);
  expect(new Set(hashes).size).toBe(all.length);
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);
});

test('does not collide on many short rows', () => {
  const random = new Random(8);
  const rows = new Set(
    Array.from({ length: 20_000 }, () => [0, 1, 2, 3].map(() => random.integer(40)).join()),
  );
  const hashes = new Set([...rows].map((row) => hashWords([words(...row.split(',').map(Number))])));
  expect(hashes.size).toBe(rows.size);
});
