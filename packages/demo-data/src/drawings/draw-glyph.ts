import type { Random } from '@attune/core';
import type { Glyph, Point, Stroke } from './glyphs.js';

const { ceil, floor, max, min, round, sqrt } = Math;

/** Points drawn between two of a curve. */
const STEPS = 6;

/** A number in [low, high). */
const within = (random: Random, low: number, high: number) => low + random.uniform() * (high - low);

/**
 * A curve through the points, as short lines.
 *
 * Source: Catmull and Rom, "A class of local interpolating splines" (1974).
 */
function smooth(points: readonly Point[]): Point[] {
  const at = (i: number) => points[min(max(i, 0), points.length - 1)]!;
  const drawn: Point[] = [at(0)];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let step = 1; step <= STEPS; step++) {
      const t = step / STEPS;
      const spline = (axis: 0 | 1) =>
        0.5 *
        (2 * b[axis] +
          (c[axis] - a[axis]) * t +
          (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t * t +
          (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t * t * t);
      drawn.push([spline(0), spline(1)]);
    }
  }
  return drawn;
}

/** Where a hand puts the points of a character, in pixels: slanted, stretched, moved and unsteady, and never twice alike. */
function handwriting(random: Random, size: number): (point: Point) => Point {
  const unsteady = 0.03;
  // Any turn, slant and stretch is such a matrix. There is no sine in it, which would differ from machine to machine.
  const [a, d] = [within(random, 0.72, 0.98), within(random, 0.76, 0.98)];
  const turn = within(random, -0.16, 0.16);
  const [b, c] = [within(random, -0.16, 0.16) - turn, turn];
  const [right, down] = [within(random, -0.07, 0.07), within(random, -0.06, 0.06)];
  return ([x, y]) => {
    const [u, v] = [
      x - 0.5 + within(random, -unsteady, unsteady),
      y - 0.5 + within(random, -unsteady, unsteady),
    ];
    return [(0.5 + right + a * u + b * v) * size, (0.5 + down + c * u + d * v) * size];
  };
}

/** Raises the pixels near a straight line to what its ink covers of them. */
function drawLine(image: Float32Array, size: number, from: Point, to: Point, radius: number): void {
  const reach = radius + 1;
  const range = (axis: 0 | 1) => [
    max(0, floor(min(from[axis], to[axis]) - reach)),
    min(size - 1, ceil(max(from[axis], to[axis]) + reach)),
  ];
  const [[left, right], [top, bottom]] = [range(0), range(1)] as [[number, number], [number, number]];
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [x, y] = [column + 0.5 - from[0], row + 0.5 - from[1]];
      const along = length === 0 ? 0 : min(1, max(0, (x * dx + y * dy) / length));
      const [ex, ey] = [x - along * dx, y - along * dy];
      const ink = min(1, max(0, radius + 0.5 - sqrt(ex * ex + ey * ey)));
      const index = row * size + column;
      if (ink > image[index]!) image[index] = ink;
    }
  }
}

/**
 * Draws a character by hand: in one of its ways, with a pen of some width, slanted and unsteady, on paper with some noise.
 *
 * @returns `size · size` pixels, 0 … 255, row by row.
 */
export function drawGlyph(random: Random, glyph: Glyph, size: number): Uint8Array {
  const strokes: readonly Stroke[] = glyph[random.integer(glyph.length)]!;
  const place = handwriting(random, size);
  const radius = (within(random, 0.7, 1.6) * size) / 28;
  const ink = within(random, 0.75, 1);
  const image = new Float32Array(size * size);
  for (const { points, sharp } of strokes) {
    const placed = points.map(place);
    const drawn = sharp ? placed : smooth(placed);
    for (let i = 0; i + 1 < drawn.length; i++) drawLine(image, size, drawn[i]!, drawn[i + 1]!, radius);
  }
  return withNoise(random, image, ink);
}

/** Pixels of 0 … 255 from ink of 0 … 1. A word of random bits is noise for four pixels. */
function withNoise(random: Random, image: Float32Array, ink: number): Uint8Array {
  const pixels = new Uint8Array(image.length);
  let bits = 0;
  for (let i = 0; i < image.length; i++) {
    bits = i % 4 === 0 ? random.uint32() : bits >>> 8;
    const noise = (bits & 0xff) / 255 - 0.5;
    pixels[i] = round(255 * min(1, max(0, image[i]! * ink + 0.12 * noise)));
  }
  return pixels;
}
