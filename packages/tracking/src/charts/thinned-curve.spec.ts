import { ThinnedCurve } from './thinned-curve.js';

/** A curve of many points with one peak, one dip and one gap. */
function longCurve(points: number): ThinnedCurve {
  const curve = new ThinnedCurve(50);
  for (let x = 1; x <= points; x++) {
    curve.add(x, x === 7777 ? 99 : x === 30_001 ? -5 : x === 55_555 ? NaN : Math.sin(x / 5000));
  }
  return curve;
}

test('a short curve is kept as it is', () => {
  const curve = new ThinnedCurve(4);
  for (const x of [1, 2, 3, 4]) curve.add(x, x * x);
  expect(curve.points()).toEqual([
    [1, 1],
    [2, 4],
    [3, 9],
    [4, 16],
  ]);
});

test('of a long one, the ends, the peak, the dip and the gap stay, in order', () => {
  const points = longCurve(100_000).points();
  expect(points.length).toBeLessThanOrEqual(50 * 5);
  expect(points.length).toBeGreaterThan(50);
  expect(points[0]![0]).toBe(1);
  expect(points.at(-1)![0]).toBe(100_000);
  expect(points).toEqual(expect.arrayContaining([[7777, 99], [30_001, -5], [55_555, NaN]])); // prettier-ignore
  expect(points.map(([x]) => x)).toEqual(points.map(([x]) => x).sort((a, b) => a - b));
});

test('every point that is kept was there', () => {
  const curve = new ThinnedCurve(10);
  for (let x = 0; x < 1000; x++) curve.add(x, (x * 7919) % 1000);
  for (const [x, y] of curve.points()) expect(y).toBe((x * 7919) % 1000);
});

test('what cannot be drawn is a gap, and has no place where its x cannot', () => {
  const curve = new ThinnedCurve();
  curve.add(1, Infinity);
  curve.add(NaN, 1);
  curve.add(2, 1e300);
  curve.add(3, 1);
  expect(curve.points()).toEqual([
    [1, NaN],
    [2, NaN],
    [3, 1],
  ]);
});
