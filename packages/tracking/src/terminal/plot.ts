import { axisOf, hasPlace, type ScaleKind } from '../charts/axis.js';
import type { Point } from '../charts/point.js';

/** A curve of a plot. */
export interface PlotSeries {
  readonly points: readonly Point[];
  /** A character for each point; without one, the curve is a line of braille dots. */
  readonly mark?: string;
}

/** How a plot is drawn. */
export interface PlotOptions {
  /** Columns of the terminal. */
  readonly columns: number;
  /** Rows of the plot, without the axis below. Default 12. */
  readonly rows?: number;
  readonly yScale?: ScaleKind;
}

/** Narrower plots tell nothing. */
const MIN_WIDTH = 16;
const MAX_WIDTH = 160;

/** Bits of a braille character for its dots, by row and column: Unicode, section 21.1. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** Characters in rows, drawn on by dots, two by four to each. */
class Canvas {
  private readonly bits: Uint8Array;
  private readonly marks = new Map<number, string>();

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.bits = new Uint8Array(width * height);
  }

  /** Draws a dot. From the left and the top, 0 to 1. */
  dot(column: number, row: number): void {
    const cell = Math.floor(row / 4) * this.width + Math.floor(column / 2);
    this.bits[cell]! |= DOTS[row % 4]![column % 2]!;
  }

  mark(column: number, row: number, character: string): void {
    this.marks.set(Math.floor(row / 4) * this.width + Math.floor(column / 2), character);
  }

  row(y: number): string {
    return Array.from({ length: this.width }, (_, x) => {
      const cell = y * this.width + x;
      const bits = this.bits[cell]!;
      return this.marks.get(cell) ?? (bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits));
    }).join('');
  }
}

/** A line of dots (Bresenham). */
function drawLine(
  canvas: Canvas,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  for (let i = 0; i <= steps; i++) {
    canvas.dot(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps));
  }
}

/**
 * Curves as lines of text that fit a terminal: braille dots, or marks, with axes. Nothing in it but digits, lines and dots
 * that it draws itself, and no colour.
 *
 * @returns no lines if there is nothing to draw.
 */
export function terminalPlot(options: PlotOptions, series: readonly PlotSeries[]): string[] {
  const { columns, rows = 12, yScale = 'linear' } = options;
  const visible = series.flatMap(({ points }) => points.filter(([, y]) => hasPlace(yScale, y)));
  const yAxis = axisOf(yScale, visible.map(([, y]) => y), Math.max(2, Math.floor(rows / 3)), true); // prettier-ignore
  const gutter = Math.max(0, ...(yAxis?.ticks ?? []).map(({ label }) => label.length));
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns - gutter - 3));
  const xAxis = axisOf('linear', visible.map(([x]) => x), Math.max(2, Math.floor(width / 14)), false); // prettier-ignore
  if (!xAxis || !yAxis) return [];
  const canvas = new Canvas(width, rows);
  const place = ([x, y]: Point): readonly [number, number] => [
    Math.round(xAxis.place(x) * (2 * width - 1)),
    Math.round((1 - yAxis.place(y)) * (4 * rows - 1)),
  ];
  for (const { points, mark } of series) {
    let before: readonly [number, number] | undefined;
    for (const point of points) {
      const here = hasPlace(yScale, point[1]) ? place(point) : undefined;
      if (here && mark !== undefined) canvas.mark(...here, mark);
      else if (here) drawLine(canvas, before ?? here, here);
      before = here;
    }
  }
  const labels = new Map(
    yAxis.ticks.map(({ place: at, label }) => [Math.floor(((1 - at) * (4 * rows - 1)) / 4), label]),
  );
  const lines = Array.from({ length: rows }, (_, y) => {
    const label = labels.get(y) ?? '';
    return `${label.padStart(gutter)} ${label ? '┤' : '│'}${canvas.row(y)}`.trimEnd();
  });
  const below = xAxis.ticks.map(({ place: at, label }) => ({
    column: Math.round(at * (width - 1)),
    label,
  }));
  const axis = Array.from({ length: width }, (_, x) =>
    below.some(({ column }) => column === x) ? '┬' : '─',
  );
  return [
    ...lines,
    `${' '.repeat(gutter)} └${axis.join('')}`,
    `${' '.repeat(gutter + 2)}${under(below, width)}`,
  ];
}

/** Labels in their columns, as far as there is room. */
function under(
  labels: readonly { readonly column: number; readonly label: string }[],
  width: number,
): string {
  let line = '';
  for (const { column, label } of labels) {
    const start = Math.max(0, Math.min(column - Math.floor(label.length / 2), width - label.length));
    if (line === '' || start > line.length) line = line.padEnd(start) + label;
  }
  return line;
}
