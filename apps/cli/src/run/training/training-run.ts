import type { Backend, EvaluationMetrics, StepMetrics } from '@attune/core';
import type { RunConfig } from '@attune/runs';
import type { Trainer } from '@attune/train';
import type { CheckpointWriter } from '../run-folder/checkpoints.js';
import type { Display } from './display.js';
import { formatDuration } from '../format.js';
import type { Interrupt } from './interrupt.js';
import type { RunEnd, RunProgress } from './progress.js';
import type { RunFolder } from '../run-folder/run-folder.js';

/** Lets a model show what it has learned. */
export interface Sampler {
  /** What stands above what is drawn: `It now writes`. */
  readonly title: string;
  /** A text from the model as it stands. */
  draw(): Promise<string>;
  dispose(): Promise<void>;
}

/** What a run is made of. */
export interface TrainingRunParts {
  readonly config: RunConfig;
  readonly backend: Backend;
  /** As far as `progress` says. */
  readonly trainer: Trainer;
  readonly progress: RunProgress;
  /** Scores the model as it stands, in the same way each time; missing where there is no validation data. */
  readonly evaluate?: () => Promise<EvaluationMetrics>;
  readonly sampler?: Sampler;
  /** Whether losses are of tokens, and have a perplexity. */
  readonly predictsTokens: boolean;
  readonly folder: RunFolder;
  readonly checkpoints: CheckpointWriter;
  readonly display: Display;
  readonly interrupt: Interrupt;
  /** Hears of every step. */
  readonly onMetrics?: (metrics: StepMetrics) => void;
}

/** How a run went. */
export interface TrainingResult {
  /** `signal` also where a failure ended it early. */
  readonly end: RunEnd;
  /** What an evaluation or a sample failed with, if one did. The run stands as after the step before it. */
  readonly failure?: unknown;
  /** Steps that were done by this process. */
  readonly steps: number;
  /** What the sampler drew last. */
  readonly sample?: string;
  readonly seconds: number;
}

/** Most characters of an intermediate sample. */
const SAMPLE_LENGTH = 160;

/** Whether something that is done every `interval` steps is due after this one. */
function isDue(step: number, interval: number): boolean {
  return interval > 0 && step % interval === 0;
}

/** Steps, with evaluations, samples and checkpoints between them, until a condition ends the run. */
export async function runTraining(parts: TrainingRunParts): Promise<TrainingResult> {
  const { config, trainer, progress, evaluate, sampler, folder, checkpoints, display, interrupt } = parts;
  const begin = progress.step;
  const seconds = stopwatch();
  const show = stepDisplay(parts, begin, seconds);
  let sample: string | undefined;
  let failure: unknown;

  /** Looks at the model. Where that fails, the run ends, and its steps are saved all the same. */
  async function look<T>(work: (() => Promise<T>) | undefined): Promise<T | undefined> {
    try {
      return await work?.();
    } catch (error) {
      failure = error;
      return undefined;
    }
  }

  /** What follows a step: the log, and what is due. */
  async function follow(metrics: StepMetrics): Promise<RunEnd | undefined> {
    const { step } = metrics;
    progress.last = metrics;
    const end = progress.end(seconds());
    const due = isDue(step, config.evalInterval);
    // What is due when the run is interrupted is done when it goes on: the log comes out the same.
    progress.evaluationDue = due && end === undefined && interrupt.aborted;
    const evaluates = !progress.evaluationDue && (due || end !== undefined);
    const evaluated = evaluates ? await look(evaluate) : undefined;
    if (failure !== undefined) progress.evaluationDue = true;
    const record = evaluated
      ? {
          ...metrics,
          valLoss: evaluated.loss,
          ...(parts.predictsTokens && { perplexity: evaluated.perplexity }),
        }
      : metrics;
    progress.last = record;
    await folder.metrics.write(record);
    parts.onMetrics?.(record);
    show(metrics, evaluated);
    const best = evaluated && progress.observe(evaluated.loss, due);
    const ends = end ?? progress.end(seconds());
    const drawn = evaluates && failure === undefined ? await look(sampler?.draw.bind(sampler)) : undefined;
    if (drawn !== undefined) {
      sample = drawn;
      await folder.writeSample(step, drawn);
      if (!ends) display.print(indent(firstLines(drawn)));
    }
    if (best && config.checkpointInterval > 0) await checkpoints.writeBest();
    // The last one is written by whoever ends the run.
    const goesOn = !ends && failure === undefined;
    if (goesOn && isDue(step, config.checkpointInterval)) await checkpoints.write();
    return ends;
  }

  try {
    let end = progress.evaluationDue ? await follow(progress.last!) : progress.end(0);
    // Killed right after the best one was written: the one that was due next to it is made up for.
    const isCheckpointed = checkpoints.lastPath !== folder.best;
    if (!isCheckpointed && (end || isDue(begin, config.checkpointInterval))) await checkpoints.write();
    const signal = {
      get aborted() {
        return end !== undefined || failure !== undefined || interrupt.aborted;
      },
    };
    for await (const metrics of trainer.fit({ signal })) {
      await interrupt.listen();
      end = await follow(metrics);
    }
    end ??= trainer.stopReason ?? 'signal';
    return { end, failure, steps: progress.step - begin, sample, seconds: seconds() };
  } finally {
    display.stop();
    await sampler?.dispose();
  }
}

function stopwatch(): () => number {
  const started = performance.now();
  return () => (performance.now() - started) / 1000;
}

/** Shows a step, and the evaluation that followed it. */
function stepDisplay(
  { config: { maxIters }, backend, display, predictsTokens }: TrainingRunParts,
  begin: number,
  seconds: () => number,
) {
  return (metrics: StepMetrics, evaluated: EvaluationMetrics | undefined) => {
    const { step, loss } = metrics;
    display.step({
      metrics,
      secondsLeft: (seconds() / (step - begin)) * (maxIters - step),
      processBytes: process.memoryUsage.rss(),
      deviceBytes: backend.memory().bytes,
    });
    if (!evaluated) return;
    const perplexity = predictsTokens ? ` (perplexity ${evaluated.perplexity.toFixed(2)})` : '';
    display.print(
      `step ${step}: train loss ${loss.toFixed(4)}, val loss ${evaluated.loss.toFixed(4)}${perplexity}, ` +
        `after ${formatDuration(seconds())}`,
    );
  };
}

/** As much of a text as an intermediate sample needs: whole words, unless it has none. */
export function firstLines(text: string): string {
  const lines = text.split('\n').slice(0, 3).join('\n');
  if (lines.length <= SAMPLE_LENGTH) return lines.length < text.length ? `${lines}…` : lines;
  const shown = Array.from(lines.slice(0, SAMPLE_LENGTH + 1))
    .slice(0, -1)
    .join('');
  const words = shown.replace(/\s+\S*$/, '');
  return `${words}…`;
}

/** Sets a text off from what is around it. */
export function indent(text: string): string {
  return text.replaceAll(/^/gm, '  │ ');
}
