import { constant, cosine, linear } from './schedules.js';

const options = { peak: 1e-3, min: 1e-4, warmupIters: 100, decayIters: 2000 };

test('constant stays', () => {
  expect([0, 1, 1000].map(constant(0.5))).toEqual([0.5, 0.5, 0.5]);
});

// From nanoGPT's get_lr with these values.
test.each([
  [0, 9.900990099009901e-6],
  [99, 9.900990099009901e-4],
  [100, 1e-3],
  [575, 8.681980515339464e-4],
  [1050, 5.5e-4],
  [2000, 1e-4],
  [5000, 1e-4],
])("nanoGPT's cosine at iteration %i", (iteration, expected) => {
  expect(cosine(options)(iteration)).toBeCloseTo(expected, 14);
});

test('linear is halfway down halfway between', () => {
  expect(linear(options)(1050)).toBeCloseTo(5.5e-4, 14);
  expect(linear(options)(575)).toBeCloseTo(7.75e-4, 14);
});

test('a decay that ends with the warm-up is at min at once', () => {
  expect(cosine({ ...options, decayIters: 100 })(100)).toBe(1e-4);
});
