/** A point of the unit square: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/**
 * A line drawn without lifting the pen: a smooth curve through the points, or, where it is sharp, straight lines between
 * them.
 */
export interface Stroke {
  readonly points: readonly Point[];
  readonly sharp?: boolean;
}

/** The strokes of a character: some characters are drawn in several ways. */
export type Glyph = readonly (readonly Stroke[])[];

const curve = (...points: Point[]): Stroke => ({ points });
const lines = (...points: Point[]): Stroke => ({ points, sharp: true });

/** A closed curve around a centre: eight points of an ellipse, the first one again at the end. */
function loop(x: number, y: number, rx: number, ry: number): Stroke {
  const corner = Math.SQRT1_2;
  const around: readonly Point[] = [
    ...([
      [0, -1],
      [-corner, -corner],
      [-1, 0],
      [-corner, corner],
    ] as const),
    ...([
      [0, 1],
      [corner, corner],
      [1, 0],
      [corner, -corner],
      [0, -1],
    ] as const),
  ];
  return { points: around.map(([dx, dy]) => [x + dx * rx, y + dy * ry]) };
}

/** The digits 0 … 9. */
export const digitGlyphs: Readonly<Record<string, Glyph>> = {
  0: [[loop(0.5, 0.5, 0.26, 0.4)], [loop(0.5, 0.5, 0.2, 0.38)]],
  1: [
    [lines([0.36, 0.28], [0.54, 0.1], [0.54, 0.9])],
    [lines([0.5, 0.1], [0.5, 0.9])],
    [lines([0.34, 0.3], [0.52, 0.1], [0.52, 0.9]), lines([0.34, 0.9], [0.7, 0.9])],
  ],
  2: [
    [
      curve([0.26, 0.3], [0.36, 0.13], [0.56, 0.1], [0.72, 0.26], [0.64, 0.48], [0.25, 0.9]),
      lines([0.25, 0.9], [0.76, 0.9]),
    ],
    [
      curve([0.27, 0.26], [0.48, 0.1], [0.7, 0.24], [0.58, 0.56], [0.3, 0.82]),
      curve([0.3, 0.82], [0.42, 0.76], [0.58, 0.88], [0.78, 0.82]),
    ],
  ],
  3: [
    [
      curve([0.28, 0.18], [0.5, 0.1], [0.7, 0.22], [0.64, 0.42], [0.46, 0.48]),
      curve([0.46, 0.48], [0.7, 0.54], [0.74, 0.74], [0.52, 0.9], [0.26, 0.82]),
    ],
    [
      lines([0.28, 0.12], [0.7, 0.12], [0.46, 0.42]),
      curve([0.46, 0.42], [0.72, 0.54], [0.7, 0.8], [0.46, 0.9], [0.26, 0.8]),
    ],
  ],
  4: [
    [lines([0.6, 0.1], [0.22, 0.62], [0.8, 0.62]), lines([0.62, 0.36], [0.62, 0.92])],
    [lines([0.3, 0.12], [0.26, 0.52], [0.74, 0.52]), lines([0.7, 0.12], [0.68, 0.92])],
  ],
  5: [
    [
      lines([0.74, 0.12], [0.34, 0.12], [0.3, 0.44]),
      curve([0.3, 0.44], [0.52, 0.38], [0.74, 0.54], [0.7, 0.8], [0.46, 0.9], [0.24, 0.82]),
    ],
  ],
  6: [[curve([0.68, 0.12], [0.46, 0.24], [0.31, 0.48], [0.28, 0.7]), loop(0.5, 0.7, 0.22, 0.2)]],
  7: [
    [lines([0.24, 0.12], [0.76, 0.12], [0.42, 0.9])],
    [lines([0.24, 0.12], [0.76, 0.12], [0.44, 0.9]), lines([0.36, 0.5], [0.72, 0.5])],
  ],
  8: [[loop(0.5, 0.29, 0.19, 0.19), loop(0.5, 0.69, 0.24, 0.21)]],
  9: [
    [loop(0.5, 0.31, 0.21, 0.2), curve([0.71, 0.3], [0.7, 0.52], [0.62, 0.74], [0.46, 0.9])],
    [loop(0.48, 0.31, 0.2, 0.2), lines([0.68, 0.14], [0.66, 0.9])],
  ],
};

/** Twelve capital letters that hardly resemble a digit. */
export const letterGlyphs: Readonly<Record<string, Glyph>> = {
  A: [[lines([0.2, 0.9], [0.5, 0.1], [0.8, 0.9]), lines([0.32, 0.6], [0.68, 0.6])]],
  C: [[curve([0.74, 0.24], [0.52, 0.1], [0.3, 0.26], [0.24, 0.5], [0.3, 0.76], [0.52, 0.9], [0.76, 0.78])]],
  E: [
    [lines([0.74, 0.1], [0.3, 0.1], [0.3, 0.9], [0.76, 0.9]), lines([0.3, 0.5], [0.64, 0.5])],
    [
      curve([0.7, 0.16], [0.4, 0.12], [0.34, 0.36], [0.54, 0.48]),
      curve([0.54, 0.48], [0.28, 0.58], [0.32, 0.86], [0.72, 0.84]),
    ],
  ],
  F: [[lines([0.74, 0.1], [0.32, 0.1], [0.32, 0.9]), lines([0.32, 0.48], [0.66, 0.48])]],
  H: [[lines([0.26, 0.1], [0.26, 0.9]), lines([0.74, 0.1], [0.74, 0.9]), lines([0.26, 0.5], [0.74, 0.5])]],
  K: [[lines([0.28, 0.1], [0.28, 0.9]), lines([0.74, 0.1], [0.28, 0.54]), lines([0.42, 0.42], [0.76, 0.9])]],
  L: [[lines([0.3, 0.1], [0.3, 0.9], [0.74, 0.9])]],
  M: [[lines([0.18, 0.9], [0.22, 0.1], [0.5, 0.6], [0.78, 0.1], [0.82, 0.9])]],
  P: [
    [lines([0.3, 0.1], [0.3, 0.9]), curve([0.3, 0.1], [0.66, 0.12], [0.74, 0.3], [0.64, 0.48], [0.3, 0.52])],
  ],
  R: [
    [
      lines([0.28, 0.1], [0.28, 0.9]),
      curve([0.28, 0.1], [0.62, 0.12], [0.7, 0.3], [0.6, 0.46], [0.28, 0.5]),
      lines([0.44, 0.5], [0.76, 0.9]),
    ],
  ],
  T: [[lines([0.2, 0.12], [0.8, 0.12]), lines([0.5, 0.12], [0.5, 0.9])]],
  X: [[lines([0.24, 0.1], [0.76, 0.9]), lines([0.76, 0.1], [0.24, 0.9])]],
};
