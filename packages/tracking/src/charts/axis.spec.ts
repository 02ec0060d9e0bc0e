import { axisOf, type ScaleKind } from './axis.js';

const labels = (kind: ScaleKind, values: readonly number[]) =>
  axisOf(kind, values, 5, true)!.ticks.map(({ label }) => label);

test.each<[ScaleKind, number[], string]>([
  ['linear', [0, 10], '0 2 4 6 8 10'],
  ['linear', [1.234, 1.239], '1.234 1.235 1.236 1.237 1.238 1.239'],
  ['linear', [0, 2e6], '0 0.5M 1M 1.5M 2M'],
  ['linear', [20_000, 20_004], '20k 20.001k 20.002k 20.003k 20.004k'],
  ['linear', [0, 4e-5], '0 1e-5 2e-5 3e-5 4e-5'],
  ['linear', [-3, -3], '-3.3 -3.2 -3.1 -3 -2.9 -2.8 -2.7'],
  ['log', [0.001, 1000], '0.001 0.01 0.1 1 10 100 1000'],
  ['log', [2, 3], '2 2.2 2.4 2.6 2.8 3'],
])('ticks of a %s axis of %j', (kind, values, expected) => {
  expect(labels(kind, values).join(' ')).toBe(expected);
});

test('within a power of ten, a logarithmic axis begins at a round number, and labels have a place', () => {
  const { ticks } = axisOf('log', [4.5, 35], 5, true)!;
  expect(ticks.map(({ label }) => label)).toEqual(['0', '10', '20', '30']);
  const places = [0, 10 / 35, 20 / 35, 30 / 35];
  expect(ticks.map(({ place }) => place)).toEqual(places.map((place) => expect.closeTo(place) as number));
});

test('a logarithmic axis has no place for what is not above 0', () => {
  const axis = axisOf('log', [-1, 0, 1, 100], 5, true)!;
  expect([1, 10, 100].map((value) => axis.place(value))).toEqual([0, expect.closeTo(0.5), 1]);
  expect(axis.place(0)).toBeNaN();
  expect(axisOf('log', [-1, 0], 5, true)).toBeUndefined();
});
