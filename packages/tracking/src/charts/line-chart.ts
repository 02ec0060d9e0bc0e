import { line } from 'd3-shape';
import { escapeName, escapeText, shortName } from '../page/escape.js';
import { axisOf, hasPlace, type Axis, type ScaleKind } from './axis.js';
import type { Point } from './point.js';

/** A curve of a chart. */
export interface ChartSeries {
  /** For the legend, which leaves out a name that is the title's. */
  readonly name: string;
  /** In order of `x`; thinned out: see `ThinnedCurve`. A `y` that is no finite number is a gap. */
  readonly points: readonly Point[];
  /** Which of the eight colours; from eight on they come again, dashed. Default: the place among the series. */
  readonly color?: number;
  /** `pale`: thin, behind the others and not in the legend. `dots`: points with a line between them, for few of them. */
  readonly drawn?: 'line' | 'pale' | 'dots';
}

/** How a chart is drawn. */
export interface ChartOptions {
  readonly title: string;
  /** Tells charts of one page apart: letters, digits and hyphens. */
  readonly id: string;
  /** A name for `x`. Default: step. */
  readonly xLabel?: string;
  /** Default: linear. Values that are not above 0 are left out of a logarithmic one, as gaps. */
  readonly yScale?: ScaleKind;
  readonly xScale?: ScaleKind;
  /** The axis of `y` begins at 0, for quantities that have one. */
  readonly fromZero?: boolean;
}

const COLORS = 8;

/** Places in the coordinates of curves, which are stretched over the chart. */
const SIZE = 1000;

/**
 * A line chart as HTML: a figure with a caption, a legend, and an SVG without script or style of its own, for a page with
 * `PAGE_STYLE`. Text keeps its size however wide the page is: positions are percentages, and only the curves are stretched.
 * The same series give the same text.
 */
export function lineChart(options: ChartOptions, series: readonly ChartSeries[]): string {
  const { title, id, xLabel = 'step', yScale = 'linear', xScale = 'linear', fromZero = false } = options;
  const isShown = ([x, y]: Point) => hasPlace(xScale, x) && hasPlace(yScale, y);
  const shown = series.map((one, i) => ({
    ...one,
    look: lookOf(one, i),
    visible: one.points.filter(isShown),
  }));
  const points = shown.flatMap(({ visible }) => visible);
  const xAxis = axisOf(xScale, xs(points), 5, false);
  const yAxis = axisOf(yScale, ys(points, fromZero && yScale === 'linear'), 5, true);
  const legend = shown
    .filter(({ drawn, name }) => drawn !== 'pale' && name !== title)
    .map(({ name, look }) => `<li class="${look}">${escapeName(name)}</li>`);
  const body =
    xAxis && yAxis
      ? [...grid(xAxis, yAxis), ...gapsOf(shown, xAxis, isShown), curves(shown, xAxis, yAxis)]
      : ['<text x="50%" y="50%" text-anchor="middle">no values yet</text>'];
  return `<figure class="chart">
<figcaption>${escapeName(title)}</figcaption>
<ul>${legend.join('')}</ul>
<svg role="img" aria-labelledby="${id}-title ${id}-desc" xmlns="http://www.w3.org/2000/svg">
<title id="${id}-title">${escapeName(title)}</title>
<desc id="${id}-desc">${escapeText(shown.map(describe).filter(Boolean).join(' '))}</desc>
${body.join('\n')}
<line class="axis" x1="0" x2="100%" y1="100%" y2="100%"/>
<text x="100%" y="100%" dy="36" text-anchor="end">${escapeName(xLabel)}</text>
</svg>
</figure>`;
}

function* xs(points: readonly Point[]): Iterable<number> {
  for (const [x] of points) yield x;
}

function* ys(points: readonly Point[], withZero: boolean): Iterable<number> {
  if (withZero && points.length > 0) yield 0;
  for (const [, y] of points) yield y;
}

function lookOf({ color }: ChartSeries, i: number): string {
  const number = color ?? i;
  return `s${number % COLORS}${number >= COLORS ? ' dashed' : ''}`;
}

interface Shown extends ChartSeries {
  readonly look: string;
  /** The points that are no gaps. */
  readonly visible: readonly Point[];
}

/** For those who do not see the curve. */
function describe({ name, visible, drawn }: Shown): string {
  const last = visible.at(-1);
  if (drawn === 'pale' || !last) return '';
  const low = visible.reduce((a, b) => (b[1] < a[1] ? b : a));
  const high = visible.reduce((a, b) => (b[1] > a[1] ? b : a));
  const at = ([x, y]: Point) => `${Number(y.toPrecision(4))} at ${x}`;
  return `${shortName(name)}: lowest ${at(low)}, highest ${at(high)}, last ${at(last)}.`;
}

const percent = (place: number) => `${Number((100 * place).toFixed(2))}%`;

function* grid(xAxis: Axis, yAxis: Axis): Iterable<string> {
  for (const { place, label } of yAxis.ticks) {
    const y = percent(1 - place);
    yield `<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/><text x="0" dx="-7" y="${y}" dy="4" text-anchor="end">${label}</text>`;
  }
  for (const { place, label } of xAxis.ticks) {
    const x = percent(place);
    yield `<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%"/><text x="${x}" y="100%" dy="18" text-anchor="middle">${label}</text>`;
  }
}

/** The most gaps that are marked. */
const MAX_GAPS = 50;

/** Marks the places where a curve has no number: a gap of a few pixels would not be seen. */
function* gapsOf(shown: readonly Shown[], xAxis: Axis, isShown: (point: Point) => boolean): Iterable<string> {
  const gaps = new Set(
    shown.flatMap(({ points }) => points.filter((point) => !isShown(point)).map(([x]) => x)),
  );
  let marked = 0;
  for (const gap of gaps) {
    const place = xAxis.place(gap);
    if (!(place >= 0 && place <= 1) || marked++ >= MAX_GAPS) continue;
    const x = percent(place);
    yield `<line class="gap" x1="${x}" x2="${x}" y1="0" y2="100%"><title>no number at ${gap}</title></line>`;
  }
}

/** The curves, one after the other, in a coordinate system that is as wide and high as the chart. */
function curves(shown: readonly Shown[], xAxis: Axis, yAxis: Axis): string {
  const coordinate = (place: number) => SIZE * place;
  const path = line<Point>()
    .defined(([x, y]) => !Number.isNaN(xAxis.place(x)) && !Number.isNaN(yAxis.place(y)))
    .x(([x]) => coordinate(xAxis.place(x)))
    .y(([, y]) => coordinate(1 - yAxis.place(y)))
    .digits(2);
  const order = { pale: 0, line: 1, dots: 2 };
  const paths = [...shown]
    .sort((a, b) => order[a.drawn ?? 'line'] - order[b.drawn ?? 'line'])
    .flatMap(({ points, visible, look, drawn = 'line' }) => {
      const curve = `<path class="${look}${drawn === 'pale' ? ' pale' : ''}" d="${path(points) ?? ''}"/>`;
      if (drawn !== 'dots') return curve;
      // A line of no length with round ends is a round dot, however the curves are stretched.
      const dots = visible.map((point) => path([point])).join('');
      return [curve, `<path class="${look.split(' ')[0]} dots" d="${dots}"/>`];
    });
  return [
    `<svg viewBox="0 0 ${SIZE} ${SIZE}" width="100%" height="100%" preserveAspectRatio="none" overflow="visible">`,
    ...paths,
    '</svg>',
  ].join('\n');
}
