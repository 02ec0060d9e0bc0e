import type { StepMetrics } from '@attune/core';
import type { Evaluation, Sample, SavedRun } from '../../protocol.js';
import { LossChart } from '../chart/chart.js';
import { byId } from '../parts/elements.js';
import { formatCount, formatLoss } from '../parts/format.js';
import { SampleList } from './sample-list.js';

/** Numbers that change faster cannot be read, and take time from training. */
const SHOW_EVERY_MS = 250;
/** A screen reader hears of evaluations this often at most. */
const SAY_EVERY_MS = 15_000;

/** The run as far as it is: numbers, chart and samples. */
export class ProgressView {
  private readonly chart = new LossChart(byId<SVGSVGElement>('chart'), byId('readout'));
  private readonly samples = new SampleList(byId<HTMLOListElement>('samples'), byId('samples-hint'));
  private maxIters = 1;
  /** The throughput of the last second, smoothed. */
  private tokensPerSecond = 0;
  private newest: StepMetrics | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private said = -Infinity;

  /** Shows a run of so many steps that has not begun, or that there is none. */
  clear(steps?: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.newest = undefined;
    this.maxIters = steps ?? 1;
    this.tokensPerSecond = 0;
    this.chart.reset(steps);
    this.samples.clear();
    for (const id of ['step', 'loss', 'val-loss', 'speed']) byId(id).textContent = '–';
    for (const id of ['step', 'loss']) byId(id).removeAttribute('value');
    byId<HTMLProgressElement>('progress').value = 0;
    byId('announcement').textContent = '';
  }

  /** Shows a run as its newest checkpoint has it. */
  show({ settings, metrics, evaluations, samples }: SavedRun): void {
    this.clear(settings.maxIters);
    for (const { step, loss } of metrics) this.chart.addLoss({ step, loss });
    this.newest = metrics.at(-1);
    this.tokensPerSecond = this.newest?.tokensPerSecond ?? 0;
    this.showNumbers();
    for (const evaluation of evaluations) this.showEvaluation(evaluation);
    for (const sample of samples) this.samples.show(sample);
  }

  addStep(metrics: StepMetrics): void {
    const { step, loss, tokensPerSecond: speed } = metrics;
    this.tokensPerSecond = this.tokensPerSecond === 0 ? speed : 0.9 * this.tokensPerSecond + 0.1 * speed;
    this.chart.addLoss({ step, loss });
    this.newest = metrics;
    this.timer ??= setTimeout(() => this.showNumbers(), SHOW_EVERY_MS);
  }

  addEvaluation(evaluation: Evaluation): void {
    this.showEvaluation(evaluation);
    if (performance.now() - this.said < SAY_EVERY_MS) return;
    this.said = performance.now();
    const { step, valLoss } = evaluation;
    byId('announcement').textContent =
      `Step ${formatCount(step)} of ${formatCount(this.maxIters)}: validation loss ${formatLoss(valLoss)}.`;
  }

  addSample(sample: Sample): void {
    this.samples.show(sample);
  }

  /** Shows the numbers of the newest step, if they are not shown yet. */
  showNumbers(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.newest) return;
    const { step, loss } = this.newest;
    byId<HTMLDataElement>('step').value = String(step);
    byId('step').textContent = `${formatCount(step)} of ${formatCount(this.maxIters)}`;
    byId<HTMLDataElement>('loss').value = String(loss);
    byId('loss').textContent = formatLoss(loss);
    byId('speed').textContent = formatCount(this.tokensPerSecond);
    byId<HTMLProgressElement>('progress').value = step / this.maxIters;
  }

  private showEvaluation({ step, valLoss }: Evaluation): void {
    byId('val-loss').textContent = formatLoss(valLoss);
    this.chart.addValidation({ step, loss: valLoss });
  }
}
