import { axisOf, hasPlace, type ScaleKind } from '../charts/axis.js';
import { lineChart, type ChartOptions, type ChartSeries } from '../charts/line-chart.js';
import type { Point } from '../charts/point.js';
import { ThinnedCurve } from '../charts/thinned-curve.js';
import type { CurveHistory } from './curve-history.js';
import type { AxisName, LiveChart, PlacedPoint, PlacedSeries, Smoothing } from './messages.js';

/** How someone looks at the curves. */
export interface ChartView {
  readonly axis: AxisName;
  readonly smoothing: Smoothing;
  /** Losses and gradients on a logarithmic axis. */
  readonly log: boolean;
  /** The part of the axis that is shown, in its units: steps, tokens or seconds. Default: all. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Buckets that are drawn of a curve. */
const DRAWN = 250;

/** A stretch of seconds, in the unit that people would name it in. */
function timeUnit(seconds: number): { readonly name: string; readonly seconds: number } {
  if (seconds < 180) return { name: 'seconds', seconds: 1 };
  return seconds < 3 * 3600 ? { name: 'minutes', seconds: 60 } : { name: 'hours', seconds: 3600 };
}

/** The charts of a run, as someone looks at them. */
export function liveCharts(history: CurveHistory, view: ChartView): LiveChart[] {
  const { axis, smoothing, log, from = -Infinity, to = Infinity } = view;
  const along = history.along(axis);
  const unit = axis === 'time' ? timeUnit(Math.min(to, history.seconds)) : { name: axis, seconds: 1 };
  const part = (points: readonly Point[]): Point[] => {
    const curve = new ThinnedCurve(DRAWN);
    for (const [step, y] of points) {
      const x = along(step);
      if (x >= from && x <= to) curve.add(x, y);
    }
    return curve.points();
  };
  const chart = (options: ChartOptions, series: readonly ChartSeries[], bytes = false): LiveChart => {
    const shown = series.map((one) => ({ ...one, points: part(one.points) }));
    const scaled = shown.map((one) => ({
      ...one,
      points: one.points.map(([x, y]): Point => [x / unit.seconds, y]),
    }));
    return {
      id: options.id,
      html: lineChart({ ...options, xLabel: unit.name }, scaled),
      unit: bytes ? 'bytes' : 'number',
      series: placed(options, shown),
    };
  };
  const curve = (name: string, color: number, of: (smoothing: Smoothing) => Point[]): ChartSeries[] => [
    { name, points: of(smoothing), color },
    ...(smoothing === 'none'
      ? []
      : [{ name: `${name}, each step`, points: of('none'), color, drawn: 'pale' as const }]),
  ];
  const yScale: ScaleKind = log ? 'log' : 'linear';
  const valLoss = history.valLoss.points();
  return [
    chart({ title: 'Loss', id: 'loss', yScale }, [
      ...curve('train', 0, (how) => history.loss.points(how)),
      ...(valLoss.length > 0
        ? [{ name: 'validation', points: valLoss, color: 1, drawn: 'dots' as const }]
        : []),
    ]),
    chart(
      { title: 'Gradient norm', id: 'gradient', yScale },
      curve('norm', 3, (how) => history.gradNorm.points(how)),
    ),
    chart({ title: 'Learning rate', id: 'lr', fromZero: true }, [
      { name: 'learning rate', points: history.lr.points(), color: 2 },
    ]),
    chart(
      { title: 'Tokens per second', id: 'speed', fromZero: true },
      curve('tokens/s', 6, (how) => history.tokensPerSecond.points(how)),
    ),
    chart(
      { title: 'Memory, in bytes', id: 'memory', fromZero: true },
      [
        { name: 'process', points: history.processBytes.points(), color: 4 },
        { name: 'device', points: history.deviceBytes.points(), color: 5 },
      ],
      true,
    ),
  ];
}

/** Where the points of curves lie in their chart: on the axes that it draws. */
function placed(options: ChartOptions, series: readonly ChartSeries[]): PlacedSeries[] {
  const { yScale = 'linear', fromZero = false } = options;
  const visible = series.map(({ points }) => points.filter(([, y]) => hasPlace(yScale, y)));
  const all = visible.flat();
  const [xAxis, yAxis] = [
    axisOf('linear', all.map(([x]) => x), 5, false),
    axisOf(yScale, [...(fromZero && all.length > 0 ? [0] : []), ...all.map(([, y]) => y)], 5, true),
  ]; // prettier-ignore
  if (!xAxis || !yAxis) return [];
  return series.map(({ name, color = 0, drawn }, i) => ({
    name,
    isPale: drawn === 'pale',
    look: `s${color}`,
    points: visible[i]!.map(([x, y]): PlacedPoint => [
      x,
      y,
      rounded(xAxis.place(x)),
      rounded(1 - yAxis.place(y)),
    ]),
  }));
}

const rounded = (place: number) => Math.round(1e4 * place) / 1e4;
