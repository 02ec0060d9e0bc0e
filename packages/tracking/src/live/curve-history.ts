import type { StepMetrics } from '@attune/core';
import type { Point } from '../charts/point.js';
import { Smoother } from '../charts/smoother.js';
import { ThinnedCurve } from '../charts/thinned-curve.js';
import { SMOOTHINGS, type AxisName, type Smoothing } from './messages.js';

/** The share of an average that stays with each step. */
const DECAYS: Readonly<Record<Exclude<Smoothing, 'none'>, number>> = {
  light: 0.9,
  medium: 0.98,
  strong: 0.995,
};

/** Buckets that are kept of a curve of every step: enough to look into a part of it. */
const BUCKETS = 1000;

/** A curve over steps, as it is and smoothed. Averages are taken over every step, not over those that are kept. */
export class SmoothedCurve {
  private readonly raw = new ThinnedCurve(BUCKETS);
  private readonly smoothed = SMOOTHINGS.filter((name) => name !== 'none').map((name) => ({
    name,
    smoother: new Smoother(DECAYS[name]),
    curve: new ThinnedCurve(BUCKETS / 2),
  }));

  add(step: number, value: number): void {
    this.raw.add(step, value);
    for (const { smoother, curve } of this.smoothed) curve.add(step, smoother.next(value));
  }

  points(smoothing: Smoothing): Point[] {
    const found = this.smoothed.find(({ name }) => name === smoothing);
    return (found?.curve ?? this.raw).points();
  }
}

/** Memory in use after a step. */
export interface MemoryUse {
  readonly processBytes?: number | undefined;
  readonly deviceBytes?: number | undefined;
}

/** The curves of a run, of however many steps, in a few megabytes. */
export class CurveHistory {
  readonly loss = new SmoothedCurve();
  readonly gradNorm = new SmoothedCurve();
  readonly tokensPerSecond = new SmoothedCurve();
  readonly lr = new ThinnedCurve(BUCKETS / 2);
  readonly valLoss = new ThinnedCurve(BUCKETS / 2);
  readonly processBytes = new ThinnedCurve(BUCKETS / 2);
  readonly deviceBytes = new ThinnedCurve(BUCKETS / 2);
  private readonly tokens = new ThinnedCurve(BUCKETS);
  private readonly time = new ThinnedCurve(BUCKETS);
  /** The last step that is in it. */
  step = 0;
  /** Seconds that its steps took. */
  seconds = 0;

  /** Adds a step behind the others; one that is there already is left as it is. */
  add(metrics: StepMetrics, { processBytes, deviceBytes }: MemoryUse = {}): void {
    const { step } = metrics;
    if (step <= this.step) return;
    this.step = step;
    this.seconds += metrics.stepMs / 1000 || 0;
    this.tokens.add(step, metrics.tokens);
    this.time.add(step, this.seconds);
    this.loss.add(step, metrics.loss);
    this.gradNorm.add(step, metrics.gradNorm);
    this.tokensPerSecond.add(step, metrics.tokensPerSecond);
    this.lr.add(step, metrics.lr);
    if (metrics.valLoss !== undefined) this.valLoss.add(step, metrics.valLoss ?? NaN);
    if (processBytes !== undefined) this.processBytes.add(step, processBytes);
    if (deviceBytes !== undefined) this.deviceBytes.add(step, deviceBytes);
  }

  /** A function from steps to places on an axis. Between the steps that are kept, it is linear. */
  along(axis: AxisName): (step: number) => number {
    if (axis === 'step') return (step) => step;
    const points = (axis === 'tokens' ? this.tokens : this.time).points();
    return (step) => interpolated(points, step);
  }
}

/** The value at `x` of points in order. */
function interpolated(points: readonly Point[], x: number): number {
  let [low, high] = [0, points.length - 1];
  if (high < 0) return NaN;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle]![0] <= x) low = middle;
    else high = middle;
  }
  const [[x0, y0], [x1, y1]] = [points[low]!, points[high]!];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
