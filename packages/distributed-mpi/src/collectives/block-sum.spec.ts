import { BlockSum } from './block-sum.js';

/** Terms of four ranks whose sum depends on the order, and on a zero at its begin. */
const terms = [
  [1e8, -0, 1, NaN, 1e-45],
  [1, -0, -1, 1, 1e-45],
  [-1e8, -0, -0, 1, 0],
  [1, -0, -0, 1, 0],
].map((row) => Float32Array.from(row));

/** `((0 + x₀) + x₁) + …`, by its definition. */
const expected = Float32Array.from(terms[0]!, (_, i) =>
  terms.reduce((sum, term) => Math.fround(sum + term[i]!), 0),
);

test.each([
  [0, [1, 2, 3]],
  [1, [3, 0, 2]],
  [2, [3, 1, 0]],
  [3, [2, 1, 0]],
])('rank %d adds in the order of ranks, where they come as %j', (rank, order) => {
  const own = terms[rank]!.slice();
  let released = 0;
  const sum = new BlockSum(own, { rank, size: 4 });
  for (const other of order) {
    expect(sum.done).toBe(false);
    sum.include(other, terms[other]!.slice(), () => released++);
  }
  expect([sum.done, released]).toEqual([true, 3]);
  // Object.is tells negative zeros from others.
  own.forEach((value, i) => expect(value).toBe(expected[i]));
});

test('one rank has the sum of zero and its own', () => {
  const own = Float64Array.of(-0, 2);
  expect(new BlockSum(own, { rank: 0, size: 1 }).done).toBe(true);
  expect([...own]).toEqual([0, 2]);
});
