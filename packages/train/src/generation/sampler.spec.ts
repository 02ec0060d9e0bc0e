import { Random } from '@attune/core';
import { sampleToken, type SamplingOptions } from './sampler.js';

const logits = Float32Array.of(1, 3, 2, 3, -5);

/** How often each token is drawn in a thousand. */
function histogram(options: SamplingOptions): number[] {
  const random = new Random(7);
  const counts = logits.map(() => 0);
  for (let i = 0; i < 1000; i++) counts[sampleToken(logits, options, random)]!++;
  return [...counts];
}

test('temperature 0 takes the largest, of equal ones the first', () => {
  expect(histogram({ temperature: 0 })).toEqual([0, 1000, 0, 0, 0]);
});

test('temperature 1 follows the softmax', () => {
  const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
  histogram({}).forEach((count, id) =>
    expect(Math.abs(count / 1000 - Math.exp(logits[id]!) / total)).toBeLessThan(0.05),
  );
});

test('topK keeps the likeliest k', () => {
  const counts = histogram({ topK: 2 });
  expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
  expect(counts[1]).toBeGreaterThan(400);
  expect(counts[3]).toBeGreaterThan(400);
});

test('topP keeps the smallest set that reaches the probability, at least one token', () => {
  expect(histogram({ topP: 1e-9 })).toEqual([0, 1000, 0, 0, 0]);
  // The two likeliest have 0.8 together.
  expect(histogram({ topP: 0.75 }).filter((count) => count > 0)).toHaveLength(2);
  expect(histogram({ topP: 0.85 }).filter((count) => count > 0)).toHaveLength(3);
});

test('topK and topP keep what a sort of the whole vocabulary would', () => {
  const random = new Random(11);
  for (let round = 0; round < 50; round++) {
    // Steps of a quarter: many are equal.
    const scores = Float32Array.from({ length: 300 }, () => Math.round(random.normal() * 8) / 4);
    const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
    const topK = 1 + Math.floor(random.uniform() * 300);
    const topP = random.uniform() || 1;
    const weights = order.slice(0, topK).map((id) => Math.exp(scores[id]!));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let [count, mass] = [0, 0];
    while (count < topK && mass < topP * total) mass += weights[count++]!;
    const kept = new Set(order.slice(0, count));
    const drawn = Array.from({ length: 200 }, () => sampleToken(scores, { topK, topP }, random));
    expect(drawn.filter((id) => !kept.has(id))).toEqual([]);
    if (count === 1) expect(drawn[0]).toBe(order[0]);
  }
});

test('minP keeps what is likely enough beside the likeliest', () => {
  // e⁻¹ = 0.37 of the likeliest is token 2, e⁻² = 0.14 token 0.
  expect(histogram({ minP: 0.2 }).map((count) => count > 0)).toEqual([false, true, true, true, false]);
  expect(histogram({ minP: 1 })[2]).toBe(0);
});

test('the repetition penalty makes seen tokens less likely, whatever the sign of their logit', () => {
  const pick = (seen: number[]) =>
    sampleToken(logits, { temperature: 0, repetitionPenalty: 2 }, new Random(1), seen);
  expect(pick([])).toBe(1);
  expect(pick([1])).toBe(3);
  expect(pick([1, 3])).toBe(2);
  const negative = Float32Array.of(-1, -1.5);
  expect(sampleToken(negative, { temperature: 0, repetitionPenalty: 2 }, new Random(1), [0])).toBe(1);
});

test.each([NaN, Infinity])('a logit of %d is an error, not a token', (value) => {
  for (const temperature of [0, 1]) {
    expect(() => sampleToken(Float32Array.of(1, value, 2), { temperature }, new Random(1))).toThrow(
      expect.objectContaining({ code: 'NON_FINITE', data: { token: 1 } }),
    );
  }
  expect(sampleToken(Float32Array.of(-Infinity, 1), {}, new Random(1))).toBe(1);
});
