import { permutedIndex } from './permutation.js';

const permutation = (size: number, number = 0, seed = 1) =>
  Array.from({ length: size }, (_, i) => permutedIndex(i, size, { seed, stream: 3, number }));

describe('permutedIndex', () => {
  it('is a permutation, whatever the size', () => {
    for (const size of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 35, 36, 37, 300, 1024]) {
      expect(new Set(permutation(size)).size).toBe(size);
      expect(Math.max(...permutation(size))).toBe(size - 1);
    }
  });

  it('is the same again, and another for another seed, number or stream', () => {
    const all = [
      permutation(50),
      permutation(50, 1),
      permutation(50, 2 ** 32),
      permutation(50, 2 ** 33),
      permutation(50, 0, 2),
      permutation(50, 0, 2 ** 40),
      Array.from({ length: 50 }, (_, i) => permutedIndex(i, 50, { seed: 1, stream: 4, number: 0 })),
    ];
    expect(new Set(all.map(String)).size).toBe(all.length);
    expect(permutation(50)).toEqual(all[0]);
  });

  it('puts every element at every place about equally often', () => {
    const [size, draws] = [7, 400];
    const counts = new Array<number>(size * size).fill(0);
    for (let n = 0; n < draws; n++)
      permutation(size, n).forEach((element, i) => counts[i * size + element]!++);
    // Mean 57, standard deviation 7; the seed is fixed.
    for (const count of counts) expect(Math.abs(count - draws / size)).toBeLessThan(4 * 7);
  });

  it('gives all 24 orders of four elements about equally often', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 1200; n++) {
      const order = permutation(4, n).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // Mean 50, standard deviation 6.9.
    for (const count of counts.values()) expect(Math.abs(count - 50)).toBeLessThan(4 * 6.9);
  });

  it('needs no memory for the largest sizes', () => {
    const size = 2 ** 52 + 12_345;
    const seen = new Set(
      Array.from({ length: 400 }, (_, i) =>
        permutedIndex(size - 1 - i, size, { seed: 9, stream: 0, number: 5 }),
      ),
    );
    expect(seen.size).toBe(400);
    for (const element of seen) {
      expect(Number.isSafeInteger(element)).toBe(true);
      expect(element).toBeLessThan(size);
    }
    const mean = [...seen].reduce((sum, element) => sum + element / size, 0) / 400;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
  });
});
