import type { Backend, EvaluationMetrics, StepMetrics } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import type { Gpt2Model } from '@attune/nn';
import { createGenerator, type Generator, type Trainer } from '@attune/train';
import type { TrainingConfig } from '../config/training-fields.js';
import type { CheckpointWriter } from './checkpoints.js';
import type { Display } from './display.js';
import { formatDuration } from './format.js';
import type { Interrupt } from './interrupt.js';
import type { RunEnd, RunProgress } from './progress.js';
import type { RunFolder } from './run-folder.js';
import { emptyPrompt, generateText } from './text-generation.js';
import type { TrainingData } from './training-data.js';

/** What a run is made of. */
export interface TrainingRunParts {
  readonly config: TrainingConfig;
  readonly backend: Backend;
  readonly model: Gpt2Model;
  /** As far as `progress` says. */
  readonly trainer: Trainer;
  readonly progress: RunProgress;
  readonly data: TrainingData;
  readonly folder: RunFolder;
  readonly checkpoints: CheckpointWriter;
  readonly display: Display;
  readonly interrupt: Interrupt;
  /** Hears of every step. */
  readonly onMetrics?: (metrics: StepMetrics) => void;
}

/** How a run went. */
export interface TrainingResult {
  readonly end: RunEnd;
  /** Steps that were done by this process. */
  readonly steps: number;
  /** The last text the model wrote. */
  readonly sample?: string;
  readonly seconds: number;
}

/** Whether something that is done every `interval` steps is due after this one. */
function isDue(step: number, interval: number): boolean {
  return interval > 0 && step % interval === 0;
}

/** Steps, with evaluations, samples and checkpoints between them, until a condition ends the run. */
export async function runTraining(parts: TrainingRunParts): Promise<TrainingResult> {
  const { config, trainer, progress, data, folder, checkpoints, display, interrupt } = parts;
  const begin = progress.step;
  const seconds = stopwatch();
  const show = stepDisplay(parts, begin, seconds);
  const evaluate = evaluator(parts);
  const sampler =
    data.tokenizer && config.sampleTokens > 0 ? createSampler(parts, data.tokenizer) : undefined;
  let sample: string | undefined;

  /** What follows a step: the log, and what is due. */
  async function follow(metrics: StepMetrics): Promise<RunEnd | undefined> {
    const { step } = metrics;
    progress.last = metrics;
    const end = progress.end(seconds());
    const due = isDue(step, config.evalInterval);
    // What is due when the run is interrupted is done when it goes on: the log comes out the same.
    progress.evaluationDue = due && end === undefined && interrupt.aborted;
    const evaluates = !progress.evaluationDue && (due || end !== undefined);
    const evaluated = evaluates ? await evaluate() : undefined;
    const record = evaluated
      ? { ...metrics, valLoss: evaluated.loss, perplexity: evaluated.perplexity }
      : metrics;
    progress.last = record;
    await folder.metrics.write(record);
    parts.onMetrics?.(record);
    show(metrics, evaluated);
    const best = evaluated && progress.observe(evaluated.loss, due);
    const ends = end ?? progress.end(seconds());
    if (evaluates && sampler) {
      sample = await sampler.draw();
      await folder.writeSample(step, sample);
      if (!ends) display.print(indent(firstLines(sample)));
    }
    if (best && config.checkpointInterval > 0) await checkpoints.writeBest();
    // The last one is written by whoever ends the run.
    if (isDue(step, config.checkpointInterval) && !ends) await checkpoints.write();
    return ends;
  }

  try {
    let end = progress.evaluationDue ? await follow(progress.last!) : progress.end(0);
    // Killed right after the best one was written: the one that was due next to it is made up for.
    const isCheckpointed = checkpoints.lastPath !== folder.best;
    if (!isCheckpointed && (end || isDue(begin, config.checkpointInterval))) await checkpoints.write();
    const signal = {
      get aborted() {
        return end !== undefined || interrupt.aborted;
      },
    };
    for await (const metrics of trainer.fit({ signal })) {
      await interrupt.listen();
      end = await follow(metrics);
    }
    end ??= trainer.stopReason ?? 'signal';
    return { end, steps: progress.step - begin, sample, seconds: seconds() };
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
  { config: { maxIters }, backend, display }: TrainingRunParts,
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
    display.print(
      `step ${step}: train loss ${loss.toFixed(4)}, val loss ${evaluated.loss.toFixed(4)} ` +
        `(perplexity ${evaluated.perplexity.toFixed(2)}), after ${formatDuration(seconds())}`,
    );
  };
}

/** Evaluates on the same random batches each time, so that evaluations can be compared. */
function evaluator({ trainer, data: { val }, config }: TrainingRunParts) {
  const begin = val?.state();
  return async (): Promise<EvaluationMetrics | undefined> => {
    if (!val || !begin) return undefined;
    val.restore(begin);
    return trainer.evaluate(val, config.evalIters);
  };
}

/** Draws a text from the model as it stands. The generator is made when it is first needed, and kept. */
function createSampler({ backend, model, trainer, config }: TrainingRunParts, tokenizer: Tokenizer) {
  let generator: Promise<Generator> | undefined;
  return {
    async draw(): Promise<string> {
      generator ??= trainer.parameters().then((state) => createGenerator({ backend, model, state }));
      const { text } = await generateText(await generator, tokenizer, emptyPrompt(tokenizer), {
        maxNewTokens: config.sampleTokens,
        temperature: 0.8,
        seed: config.seed,
      });
      return text.trim();
    },
    async dispose() {
      (await generator)?.dispose();
    },
  };
}

/** As much of a text as an intermediate sample needs. */
function firstLines(text: string): string {
  const shown = text.slice(0, 160).split('\n').slice(0, 3).join('\n');
  return shown.length < text.length ? `${shown}…` : shown;
}

/** Sets a text off from what is around it. */
export function indent(text: string): string {
  return text.replaceAll(/^/gm, '  │ ');
}
