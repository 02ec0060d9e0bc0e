import type { Backend, EvaluationMetrics, StepMetrics } from '@attune/core';
import { BEST_CHECKPOINT } from '@attune/formats';
import type { Trainer } from '@attune/train';
import type { Ranks } from '../distributed/ranks.js';
import { agreedWishes } from '../distributed/step-agreement.js';
import type { RunStore } from '../record/run-store.js';
import type { Sampler } from '../sampling/sampler.js';
import type { RunConfig } from '../settings/shared-fields.js';
import type { CheckpointWriter } from './checkpoint-writer.js';
import type { RunObserver, StopRequest } from './observer.js';
import type { RunEnd, RunProgress } from './progress.js';

/** The parts of a run. */
export interface TrainingLoopParts {
  readonly config: RunConfig;
  readonly backend: Backend;
  /** As far as `progress` says. */
  readonly trainer: Trainer;
  readonly progress: RunProgress;
  /** Scores the model as it stands, in the same way each time; missing where there is no validation data. */
  readonly evaluate?: (() => Promise<EvaluationMetrics>) | undefined;
  readonly sampler?: Sampler | undefined;
  /** Losses are of tokens, and have a perplexity. */
  readonly predictsTokens: boolean;
  readonly run: RunStore;
  readonly checkpoints: CheckpointWriter;
  readonly observer: RunObserver;
  readonly stop: StopRequest;
  /** The processes that train together, where there are several. */
  readonly ranks?: Ranks | undefined;
  /** True if a checkpoint is wanted besides those that the configuration asks for. */
  readonly wantsCheckpoint: () => boolean;
  /** Lets the event loop turn after each step. */
  breathe(): Promise<void>;
}

/** How a run went. */
export interface TrainingResult {
  /** `signal` also where a failure ended it early. */
  readonly end: RunEnd;
  /** The error of an evaluation or a sample, if one failed. The run is as it was after the step before it. */
  readonly failure?: unknown;
  /** Steps that were done by this process. */
  readonly steps: number;
  /** The last sample. */
  readonly sample?: string | undefined;
  readonly seconds: number;
}

/** True if an action of every `interval` steps is due after this one. */
function isDue(step: number, interval: number): boolean {
  return interval > 0 && step % interval === 0;
}

/** Steps, with evaluations, samples and checkpoints between them, until a condition ends the run. */
export async function runTraining(parts: TrainingLoopParts): Promise<TrainingResult> {
  const { config, trainer, progress, evaluate, sampler, run, checkpoints, observer, stop, ranks } = parts;
  const begin = progress.step;
  const seconds = stopwatch();
  let sample: string | undefined;
  let failure: unknown;

  const own = {
    get stop() {
      return stop.aborted;
    },
    get checkpoint() {
      return parts.wantsCheckpoint();
    },
    get seconds() {
      return seconds();
    },
  };
  const wishes = agreedWishes(own, ranks);

  /**
   * Looks at the model. Where that fails, the run ends, and its steps are saved all the same; one of several ranks cannot
   * save them, for the others do not know.
   */
  async function look<T>(work: (() => Promise<T>) | undefined): Promise<T | undefined> {
    try {
      return await work?.();
    } catch (error) {
      if (ranks) throw error;
      failure = error;
      return undefined;
    }
  }

  /** Does all that follows a step: the log, and whatever is due. */
  async function follow(metrics: StepMetrics): Promise<RunEnd | undefined> {
    const { step } = metrics;
    progress.last = metrics;
    await wishes.agree();
    const end = progress.end(wishes.seconds);
    const due = isDue(step, config.evalInterval);
    // What is due when the run is interrupted is done when it goes on: the log comes out the same.
    progress.evaluationDue = due && end === undefined && wishes.stop;
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
    await run.log(record);
    observer.step({
      record,
      secondsLeft: (seconds() / (step - begin)) * (config.maxIters - step),
      deviceBytes: parts.backend.memory().bytes,
    });
    if (evaluated) {
      const { predictsTokens } = parts;
      observer.evaluated({ metrics, evaluation: evaluated, predictsTokens, seconds: seconds() });
    }
    const best = evaluated && progress.observe(evaluated.loss, due);
    // It may have taken a while.
    if (evaluates) await wishes.agree();
    const ends = end ?? progress.end(wishes.seconds);
    const drawn =
      evaluates && failure === undefined && run.writes
        ? await look(sampler && (() => sampler.draw((piece) => observer.sampling?.(piece))))
        : undefined;
    if (drawn !== undefined) {
      sample = drawn;
      await run.writeSample(step, drawn);
      observer.sampled({ step, text: drawn, isLast: ends !== undefined });
    }
    if (best && config.checkpointInterval > 0) await checkpoints.writeBest();
    // The last one is written by whoever ends the run.
    const goesOn = !ends && failure === undefined;
    if (goesOn && (isDue(step, config.checkpointInterval) || wishes.checkpoint)) await checkpoints.write();
    return ends;
  }

  try {
    let end = progress.evaluationDue ? await follow(progress.last!) : progress.end(0);
    // Killed right after the best one was written: the one that was due next to it is made up for.
    const isCheckpointed = checkpoints.lastPath !== run.checkpointPath(BEST_CHECKPOINT);
    if (!isCheckpointed && (end || isDue(begin, config.checkpointInterval))) await checkpoints.write();
    // Where there are several ranks, their trainers agree on it before each step.
    const signal = {
      get aborted() {
        return end !== undefined || failure !== undefined || stop.aborted;
      },
    };
    for await (const metrics of trainer.fit({ signal })) {
      await parts.breathe();
      end = await follow(metrics);
    }
    end ??= trainer.stopReason ?? 'signal';
    return { end, failure, steps: progress.step - begin, sample, seconds: seconds() };
  } finally {
    observer.stopped();
    await sampler?.dispose();
  }
}

function stopwatch(): () => number {
  // Monotonic, wherever there is one.
  const { performance: clock = Date } = globalThis as { performance?: { now(): number } };
  const started = clock.now();
  return () => (clock.now() - started) / 1000;
}
