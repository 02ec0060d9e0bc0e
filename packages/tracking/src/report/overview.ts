import type { StepMetrics } from '@attune/core';
import type { RunRecord, TrainingCommand } from '@attune/runs';
import { Smoother } from '../charts/smoother.js';
import { ThinnedCurve } from '../charts/thinned-curve.js';
import { readings } from '../metrics/columns.js';
import type { RunLog, RunSample } from '../metrics/run-log.js';

/** A value of a step. */
export interface ValueAt {
  readonly step: number;
  readonly value: number;
}

/** A run on a page: of bounded size, however long its log is. */
export interface RunOverview {
  readonly path: string;
  readonly command: TrainingCommand;
  readonly config: Readonly<Record<string, unknown>>;
  /** The configuration as it stands in the folder. */
  readonly configText: string | undefined;
  readonly record: RunRecord | undefined;
  /** Names of files that are missing or damaged. */
  readonly unread: readonly string[];
  /** The last step of the log; `undefined` if it has none. */
  readonly last: StepMetrics | undefined;
  /** Steps that were left out since their loss was a spike. */
  readonly skipped: number;
  /** Milliseconds that the steps took. */
  readonly trainedMs: number;
  readonly lastValLoss: ValueAt | undefined;
  readonly lowestValLoss: ValueAt | undefined;
  /** Curves by their keys in the log. */
  readonly curves: ReadonlyMap<string, ThinnedCurve>;
  /** Curves that change from step to step, as moving averages of about fifty steps. */
  readonly averages: ReadonlyMap<string, ThinnedCurve>;
  /** Some samples, the first and the last among them. */
  readonly samples: readonly RunSample[];
  readonly sampleCount: number;
  /** Names of checkpoints, from the last to the first, then the best. */
  readonly checkpoints: readonly string[];
}

/** The most curves of a run. Ours have nine. */
const MAX_CURVES = 24;
/** The most samples on a page. */
const MAX_SAMPLES = 12;
const MAX_CHECKPOINTS = 100;

/** Keys of curves that change from step to step. */
const NOISY = ['loss', 'gradNorm', 'tokensPerSecond', 'stepMs'];

/** Numbers of a log, as they are read. */
class LogSummary {
  readonly curves = new Map<string, ThinnedCurve>();
  readonly averages = new Map(NOISY.map((key) => [key, new ThinnedCurve()]));
  last: StepMetrics | undefined;
  skipped = 0;
  trainedMs = 0;
  lastValLoss: ValueAt | undefined;
  lowestValLoss: ValueAt | undefined;
  private readonly smoothers = new Map(NOISY.map((key) => [key, new Smoother()]));

  add(metrics: StepMetrics): void {
    const { step } = metrics;
    this.last = metrics;
    for (const { key, value } of readings(metrics)) {
      this.curve(key)?.add(step, value);
      this.averages.get(key)?.add(step, this.smoothers.get(key)!.next(value));
      if (key === 'skipped' && value === 1) this.skipped++;
      if (key === 'stepMs' && value >= 0) this.trainedMs += value;
      if (key === 'valLoss') this.evaluated({ step, value });
    }
  }

  private evaluated(valLoss: ValueAt): void {
    this.lastValLoss = valLoss;
    if (valLoss.value < (this.lowestValLoss?.value ?? Infinity)) this.lowestValLoss = valLoss;
  }

  private curve(key: string): ThinnedCurve | undefined {
    const found = this.curves.get(key);
    if (found || this.curves.size >= MAX_CURVES) return found;
    const curve = new ThinnedCurve();
    this.curves.set(key, curve);
    return curve;
  }
}

/** Some of many, evenly, with the first and the last. */
export function spread<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);
}

/** Reads all that a report tells of a run. @throws AttuneError FILE_READ if its log cannot be read. */
export async function readOverview(log: RunLog): Promise<RunOverview> {
  const summary = new LogSummary();
  for await (const metrics of log.steps()) summary.add(metrics);
  const sampled = await log.sampledSteps();
  const samples: RunSample[] = [];
  for (const step of spread(sampled, MAX_SAMPLES)) {
    const sample = await log.sample(step);
    if (sample) samples.push(sample);
  }
  const { curves, averages, last, skipped, trainedMs, lastValLoss, lowestValLoss } = summary;
  return {
    path: log.path,
    command: await log.run.command('pretrain'),
    config: await log.config(),
    configText: await log.configText(),
    record: await log.record(),
    unread: await log.unread(),
    ...{ curves, averages, last, skipped, trainedMs, lastValLoss, lowestValLoss },
    ...{ samples, sampleCount: sampled.length },
    checkpoints: (await log.checkpoints()).slice(0, MAX_CHECKPOINTS),
  };
}
