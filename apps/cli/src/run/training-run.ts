import type { Backend, EvaluationMetrics, StepMetrics } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import type { Gpt2Model } from '@attune/nn';
import { createGenerator, type Generator, type Trainer } from '@attune/train';
import type { TrainingConfig } from '../config/training-fields.js';
import type { Display } from './display.js';
import { formatDuration } from './format.js';
import type { Interrupt } from './interrupt.js';
import type { RunFolder } from './run-folder.js';
import { emptyPrompt, generateText } from './text-generation.js';
import type { TrainingData } from './training-data.js';

/** What a run is made of. */
export interface TrainingRunParts {
  readonly config: TrainingConfig;
  readonly backend: Backend;
  readonly model: Gpt2Model;
  readonly trainer: Trainer;
  readonly data: TrainingData;
  readonly folder: RunFolder;
  readonly display: Display;
  readonly interrupt: Interrupt;
  /** Hears of every step. */
  readonly onMetrics?: (metrics: StepMetrics) => void;
  /** Writes a checkpoint of the run as it stands. */
  readonly writeCheckpoint: (step: number) => Promise<void>;
}

/** How a run went. */
export interface TrainingResult {
  readonly steps: number;
  /** Of the last step, before its update. */
  readonly loss: number;
  /** Of the last evaluation. */
  readonly valLoss?: number;
  readonly perplexity?: number;
  /** The last text the model wrote. */
  readonly sample?: string;
  readonly seconds: number;
  readonly interrupted: boolean;
}

/** Whether something that is done every `interval` steps is due after this one. */
function isDue(step: number, interval: number): boolean {
  return interval > 0 && step % interval === 0;
}

/** Steps, with evaluations, samples and checkpoints between them. */
export async function runTraining(parts: TrainingRunParts): Promise<TrainingResult> {
  const { config, backend, trainer, data, folder, display, interrupt } = parts;
  const { maxIters } = config;
  const started = performance.now();
  const secondsSince = () => (performance.now() - started) / 1000;
  const evaluate = evaluator(parts);
  const sampler =
    data.tokenizer && config.sampleTokens > 0 ? createSampler(parts, data.tokenizer) : undefined;
  let last: StepMetrics | undefined;
  let evaluation: EvaluationMetrics | undefined;
  let sample: string | undefined;
  try {
    for await (const metrics of trainer.fit({ maxIters, signal: interrupt })) {
      const { step } = metrics;
      last = metrics;
      await interrupt.listen();
      const evaluates = !interrupt.aborted && (isDue(step, config.evalInterval) || step === maxIters);
      const evaluated = evaluates ? await evaluate() : undefined;
      const record = evaluated
        ? { ...metrics, valLoss: evaluated.loss, perplexity: evaluated.perplexity }
        : metrics;
      await folder.writeMetrics(record);
      parts.onMetrics?.(record);
      display.step({
        metrics,
        secondsLeft: (secondsSince() / step) * (maxIters - step),
        processBytes: process.memoryUsage.rss(),
        deviceBytes: backend.memory().bytes,
      });
      if (evaluated) {
        evaluation = evaluated;
        const time = formatDuration(secondsSince());
        display.print(
          `step ${step}: train loss ${metrics.loss.toFixed(4)}, val loss ${evaluated.loss.toFixed(4)} ` +
            `(perplexity ${evaluated.perplexity.toFixed(2)}), after ${time}`,
        );
      }
      if (evaluates && sampler) {
        sample = await sampler.draw();
        await folder.writeSample(step, sample);
        if (step < maxIters) display.print(indent(firstLines(sample)));
      }
      if (isDue(step, config.checkpointInterval) && step < maxIters) await parts.writeCheckpoint(step);
    }
  } finally {
    display.stop();
    await sampler?.dispose();
  }
  return {
    steps: last?.step ?? 0,
    loss: last?.loss ?? NaN,
    valLoss: evaluation?.loss,
    perplexity: evaluation?.perplexity,
    sample,
    seconds: secondsSince(),
    interrupted: interrupt.aborted && (last?.step ?? 0) < maxIters,
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
