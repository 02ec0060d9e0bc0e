import type { StepMetrics } from '@attune/core';
import type { SavedTuning, TuneSample } from '../../messages/finetune.js';
import type { Evaluation } from '../../protocol.js';
import { LossChart } from '../chart/chart.js';
import { create } from '../parts/elements.js';
import { formatCount, formatLoss } from '../parts/format.js';

const SVG = 'http://www.w3.org/2000/svg';
/** As many as one compares. */
const MAX_SAMPLES = 20;

const NO_SAMPLE = 'The model answers held-out rows after each evaluation.';

/** How a run of fine-tuning goes: numbers, the chart, and answers as they improve. */
export class TuneProgress {
  readonly element = create('div', { className: 'progress' });
  private readonly bar = create('progress', { value: 0, max: 1 });
  private readonly step = create('data', { id: 'tune-step', textContent: '–' });
  private readonly loss = create('data', { id: 'tune-loss', textContent: '–' });
  private readonly validation = create('dd', { id: 'tune-val-loss', textContent: '–' });
  private readonly speed = create('dd', { id: 'tune-speed', textContent: '–' });
  private readonly saved = create('dd', { id: 'tune-saved', textContent: '–' });
  private readonly earlier = create('details', { id: 'tune-earlier', hidden: true });
  private samples: TuneSample[] = [];
  private readonly sample = create('pre', { id: 'tune-sample', className: 'quiet', textContent: NO_SAMPLE });
  private readonly chart: LossChart;
  private readonly about = create('p', { className: 'quiet', id: 'tune-about' });
  private maxIters = 1;

  constructor() {
    const svg = document.createElementNS(SVG, 'svg');
    svg.id = 'tune-chart';
    svg.setAttribute('aria-label', 'Loss of fine-tuning by step');
    const readout = create('p', {});
    readout.setAttribute('aria-hidden', 'true');
    this.chart = new LossChart(svg, readout);
    this.bar.setAttribute('aria-label', 'Steps done');
    const stat = (name: string, value: HTMLElement) =>
      create('div', {}, create('dt', { textContent: name }), value);
    this.element.append(
      this.bar,
      this.about,
      create(
        'dl',
        { className: 'stats' },
        stat('step', create('dd', {}, this.step)),
        stat('loss', create('dd', {}, this.loss)),
        stat('validation', this.validation),
        stat('tokens/s', this.speed),
        stat('saved at', this.saved),
      ),
      create('div', { className: 'chart' }, svg, readout),
      create('h2', { textContent: 'It now answers' }),
      this.sample,
      this.earlier,
    );
  }

  /** Shows nothing, for a run of so many steps. */
  clear(steps?: number): void {
    this.maxIters = steps ?? 1;
    // An empty chart says nothing beside rows that are still being written.
    this.element.hidden = steps === undefined;
    this.about.textContent = '';
    this.chart.reset(steps);
    for (const element of [this.step, this.loss, this.validation, this.speed, this.saved])
      element.textContent = '–';
    this.step.removeAttribute('value');
    this.loss.removeAttribute('value');
    this.bar.value = 0;
    this.samples = [];
    this.showSamples();
  }

  /** Says what is trained. */
  describe(about: string): void {
    this.about.textContent = about;
  }

  /** Shows a run as it was saved. */
  showSaved({ maxIters, step, metrics, evaluations, samples }: SavedTuning): void {
    this.clear(maxIters);
    metrics.forEach((line) => this.showStep(line));
    evaluations.forEach((evaluation) => this.showEvaluation(evaluation));
    this.samples = [...samples];
    this.showSamples();
    this.showSavedAt(step);
  }

  showStep({ step, loss, tokensPerSecond }: StepMetrics): void {
    this.step.value = String(step);
    this.step.textContent = `${formatCount(step)} of ${formatCount(this.maxIters)}`;
    this.loss.value = String(loss);
    this.loss.textContent = formatLoss(loss);
    this.speed.textContent = formatCount(tokensPerSecond);
    this.bar.value = step / this.maxIters;
    this.chart.addLoss({ step, loss });
  }

  showEvaluation({ step, valLoss }: Evaluation): void {
    this.validation.textContent = formatLoss(valLoss);
    this.chart.addValidation({ step, loss: valLoss });
  }

  showSample(sample: TuneSample): void {
    this.samples = [...this.samples.filter(({ step }) => step !== sample.step), sample].slice(-MAX_SAMPLES);
    this.showSamples();
  }

  /** Shows the newest answers, and those before them below, so that one sees how they improve. */
  private showSamples(): void {
    const [newest, ...before] = [...this.samples].reverse();
    this.sample.textContent = newest === undefined ? NO_SAMPLE : newest.text;
    this.sample.classList.toggle('quiet', newest === undefined);
    this.earlier.hidden = before.length === 0;
    this.earlier.replaceChildren(
      create('summary', { textContent: `Answers of ${formatCount(before.length)} evaluations before` }),
      ...before.flatMap(({ step, text }) => [
        create('h2', { textContent: `Step ${formatCount(step)}` }),
        create('pre', { textContent: text }),
      ]),
    );
  }

  showSavedAt(step: number): void {
    this.saved.textContent = `step ${formatCount(step)}`;
  }
}
