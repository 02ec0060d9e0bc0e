import { Random } from './random.js';

const take = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32());

test('a seed and a stream give a sequence; another of either gives another', () => {
  const of = (seed: number, stream?: number) => take(new Random(seed, stream), 8).join();
  expect(of(1337)).toBe(of(1337, 0));
  expect(new Set([of(1337), of(1338), of(1337, 1), of(0), of(-1), of(2 ** 32)]).size).toBe(6);
});

test('continues exactly from any state, through JSON', () => {
  for (let position = 0; position < 10; position++) {
    const random = new Random(42, 7);
    take(random, position);
    const state = JSON.parse(JSON.stringify(random.state())) as ReturnType<Random['state']>;
    expect(take(Random.restore(state), 9)).toEqual(take(random, 9));
  }
});

test('positions beyond 2³² blocks are other numbers', () => {
  const far = Random.restore({ seed: 1, stream: 0, position: 2 ** 34 });
  expect(take(far, 4)).not.toEqual(take(new Random(1), 4));
});

test('uniform numbers fill [0, 1) evenly', () => {
  const random = new Random(5);
  const bins = new Array<number>(20).fill(0);
  const count = 40_000;
  for (let i = 0; i < count; i++) bins[Math.floor(random.uniform() * 20)]!++;
  const expected = count / 20;
  const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 19 degrees of freedom: beyond 43.8 once in a thousand seeds, and this seed is fixed.
  expect(chiSquare).toBeLessThan(43.8);
});

test('integers reach every value below the bound, and none beyond', () => {
  const random = new Random(6);
  const seen = new Set(Array.from({ length: 500 }, () => random.integer(7)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('normal numbers have mean 0, variance 1 and a normal’s tails', () => {
  const random = new Random(7);
  const values = Array.from({ length: 40_000 }, () => random.normal());
  const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
  expect(moment(1)).toBeCloseTo(0, 1);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  expect(values.every(Number.isFinite)).toBe(true);
});
