import { dependence, probeSizes, sizesOf } from './lengths.js';

const lengths = { free: ['rows', 'tokens', 'past'], sums: { total: ['past', 'tokens'] } };
const sizes = [
  [2, 3, 5],
  [7, 11, 13],
  [17, 19, 23],
].map((values) => sizesOf(lengths, values));
const seen = (f: (one: Readonly<Record<string, number>>) => number) => dependence(sizes.map(f), sizes);

test('a sum has the length of its parts', () => {
  expect(sizes[0]).toEqual({ rows: 2, tokens: 3, past: 5, total: 8 });
});

test('a number that does not vary is itself', () => {
  expect(seen(() => 8)).toBe(8);
});

test('a number that varies is a multiple of a product of lengths', () => {
  expect(seen(({ total }) => total!)).toEqual({ factor: 1, names: ['total'] });
  expect(seen(({ rows, tokens }) => 12 * rows! * tokens!)).toEqual({ factor: 12, names: ['rows', 'tokens'] });
  expect(seen(({ rows, tokens, total }) => rows! * tokens! * total!)).toEqual({
    factor: 1,
    names: ['rows', 'tokens', 'total'],
  });
  expect(seen(({ tokens }) => tokens! ** 2)).toEqual({ factor: 1, names: ['tokens', 'tokens'] });
});

test('nothing else is', () => {
  expect(seen(({ tokens }) => tokens! - 1)).toBeUndefined();
  expect(seen(({ tokens }) => Math.min(tokens!, 11))).toBeUndefined();
  expect(seen(({ rows, tokens }) => rows! + tokens!)).toBeUndefined();
});

test('sizes to probe with are told apart from each other, and from lengths that are there anyway', () => {
  const taken = new Set([11, 30, 17 * 19, 2048]);
  const probes = probeSizes(lengths, 4, taken);
  expect(probes).toHaveLength(4);
  for (const probe of probes) {
    const values = Object.values(probe);
    const all = [...values, ...values.flatMap((a, i) => values.slice(i).map((b) => a * b))];
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((value) => taken.has(value))).toEqual([]);
  }
});

test('a program in which every length is taken is refused', () => {
  const taken = new Set(Array.from({ length: 200 }, (_, i) => i));
  expect(() => probeSizes(lengths, 1, taken)).toThrow('too many lengths to tell them from those that vary');
});
