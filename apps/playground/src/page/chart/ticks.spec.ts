import { ticksAround } from './ticks.js';

/** Ticks as they are written. */
const written = (from: number, to: number, count: number, least?: number) => {
  const { values, digits } = ticksAround(from, to, count, least);
  return values.map((value) => value.toFixed(digits));
};

test('ticks are round, and reach around what is shown', () => {
  expect(written(2.07, 3.31, 5)).toEqual(['2.00', '2.25', '2.50', '2.75', '3.00', '3.25', '3.50']);
  expect(written(0.4, 4.2, 5)).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(written(1.61, 1.64, 5)).toEqual(['1.61', '1.62', '1.63', '1.64']);
  expect(written(0, 1000, 6)).toEqual(['0', '200', '400', '600', '800', '1000']);
});

test('there are enough to read a value from, whatever the range', () => {
  for (let i = 0; i < 200; i++) {
    const from = (i % 7) * 0.37;
    const to = from + 1.13 ** (i - 100);
    const { values } = ticksAround(from, to, 5);
    expect(values.length).toBeGreaterThanOrEqual(3);
    expect(values.length).toBeLessThanOrEqual(7);
    expect(values[0]).toBeLessThanOrEqual(from + 1e-6);
    expect(values.at(-1)).toBeGreaterThanOrEqual(to - 1e-6);
  }
});

test('steps are whole', () => {
  expect(written(0, 3, 6, 1)).toEqual(['0', '1', '2', '3']);
});
