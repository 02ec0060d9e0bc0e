/** A point of a curve. A `y` that is no finite number is a gap. */
export type Point = readonly [x: number, y: number];

/** The largest magnitude that is drawn: beyond it, differences of numbers overflow. */
const LARGEST = 1e150;

/** True for a number that can be drawn. */
export function isDrawable(value: number): boolean {
  return Math.abs(value) <= LARGEST;
}
