/** The factors of a power of ten that a distance between ticks may be. */
const STEPS = [1, 2, 2.5, 5, 10];

/** A round distance, so that there are `count` ticks at most between two ends. */
function distanceOf(range: number, count: number): number {
  const rough = range / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * STEPS.find((step) => step * power >= rough * (1 - 1e-9))!;
}

/** Round values in a range. */
export interface Ticks {
  readonly values: readonly number[];
  /** How many digits after the point tell them apart. */
  readonly digits: number;
}

/**
 * Round values from the last before a range to the first after it, `count + 2` at most and half as many at least.
 *
 * @param least the smallest distance that makes sense.
 */
export function ticksAround(from: number, to: number, count: number, least = 0): Ticks {
  const distance = Math.max(least, distanceOf(Math.max(to - from, 1e-6), count));
  const first = Math.floor(from / distance + 1e-9);
  const last = Math.max(first + 1, Math.ceil(to / distance - 1e-9));
  const digits = Math.max(0, Math.ceil(-Math.log10(distance) - 1e-9));
  // A quarter needs a digit more than its power of ten says.
  const exact = Number(distance.toFixed(digits)) === Number(distance.toPrecision(6)) ? digits : digits + 1;
  return {
    values: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * distance),
    digits: exact,
  };
}
