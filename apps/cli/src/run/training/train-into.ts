import { AttuneError, type Backend, type EvaluationMetrics, type StepMetrics } from '@attune/core';
import type { RunConfig } from '@attune/runs';
import type { Trainer } from '@attune/train';
import type { Context } from '../../context.js';
import { attuneCommand } from '../../invocation.js';
import { CheckpointWriter, withLastCheckpoint, type FoundCheckpoint } from '../run-folder/checkpoints.js';
import { createDisplay } from './display.js';
import { formatCount, formatDuration } from '../format.js';
import { listenForInterrupt } from './interrupt.js';
import type { ModelSaver } from '../models/model-saver.js';
import { parseProgress, RunProgress, type RunEnd } from './progress.js';
import type { RunFolder } from '../run-folder/run-folder.js';
import type { DataHashes } from '../pretraining/training-data.js';
import { indent, runTraining, type Sampler, type TrainingResult } from './training-run.js';

/** What is trained, and how it is shown and saved: where pretraining and fine-tuning differ. */
export interface TrainingJob {
  readonly trainer: Trainer;
  readonly saver: ModelSaver;
  readonly hashes: DataHashes;
  /** What the run is, line by line, for people. */
  readonly description: readonly string[];
  readonly evaluate?: () => Promise<EvaluationMetrics>;
  readonly sampler?: Sampler;
  /** Whether the finished model can write. */
  readonly generates: boolean;
  /** Whether losses are of tokens, and have a perplexity. */
  readonly predictsTokens: boolean;
}

/** What a run is trained with. */
export interface TrainingSetup {
  /** The command that goes on with the run. */
  readonly command: 'pretrain' | 'finetune';
  readonly config: RunConfig;
  readonly context: Context;
  readonly backend: Backend;
  readonly folder: RunFolder;
  /** Where the run goes on from. */
  readonly checkpoint?: FoundCheckpoint;
  /** Metrics as JSON lines on stdout; what is told to people goes to stderr. */
  readonly json: boolean;
  /** What people are to know first. */
  readonly notes?: readonly string[];
}

/**
 * Trains into an open folder until a condition ends the run, and writes the model.
 *
 * @throws AttuneError INTERRUPTED after Ctrl-C, when a checkpoint has been written. Others name the last good checkpoint.
 */
export async function trainInto(setup: TrainingSetup, job: TrainingJob): Promise<void> {
  const { config, context, backend, folder, checkpoint, json, notes = [] } = setup;
  const { trainer, saver, hashes, evaluate, sampler } = job;
  const display = createDisplay(
    json ? context.stderr : context.stdout,
    { total: config.maxIters, logInterval: config.logInterval },
    context,
  );
  const progress = new RunProgress(
    config,
    checkpoint && parseProgress(checkpoint.run['progress'], checkpoint.path),
  );
  const checkpoints = new CheckpointWriter(
    folder,
    { config, backend: backend.name, data: hashes, saver, trainer, progress },
    checkpoint?.path,
  );
  const interrupt = listenForInterrupt(context, () =>
    display.print('Finishing this step, then writing a checkpoint. Ctrl-C again leaves at once.'),
  );
  try {
    display.print(describeRun(setup, job));
    for (const note of notes) display.print(note);
    if (checkpoint) await trainer.restore(checkpoint.checkpoint);
    const onMetrics = json ? (metrics: StepMetrics) => void context.stdout.writeJson(metrics) : undefined;
    const work = {
      trainer,
      progress,
      checkpoints,
      evaluate,
      sampler,
      predictsTokens: job.predictsTokens,
      onMetrics,
    };
    const result = await runTraining({ config, backend, folder, display, interrupt, ...work });
    const { failure } = result;
    await saveResult(result, checkpoints, setup, saver).catch((error: unknown) => {
      // A backend that was lost fails here once more: what it failed with first says why.
      throw failure ?? error;
    });
    if (failure !== undefined) {
      throw withLastCheckpoint(failure, checkpoints.lastPath, isFinished(result) ? folder.final : undefined);
    }
    if (!isFinished(result)) throw interruptedAfter(progress.step, checkpoints.lastPath!, setup);
    display.print(summarize(result, progress, setup, job));
  } catch (error) {
    throw withLastCheckpoint(error, checkpoints.lastPath);
  } finally {
    interrupt.dispose();
    await trainer.dispose();
  }
}

/** Whether training came to its end. */
const isFinished = ({ end }: TrainingResult) => end !== 'signal';

/** Writes the last checkpoint of this process and, where training came to its end, the model. */
async function saveResult(
  result: TrainingResult,
  checkpoints: CheckpointWriter,
  { config, folder }: TrainingSetup,
  saver: ModelSaver,
): Promise<void> {
  const last = await checkpoints.take();
  // From the last one, an evaluation that failed can be made up for.
  const isAsked = config.checkpointInterval > 0 || result.failure !== undefined;
  if (!isFinished(result) || (isAsked && result.steps > 0)) await checkpoints.write(last);
  if (!isFinished(result)) return;
  await folder.check();
  await saver.writeFinal(folder.final, last.parameters);
}

function describeRun(
  { config, backend, folder, checkpoint }: TrainingSetup,
  { description }: TrainingJob,
): string {
  const { batchSize, gradientAccumulationSteps, maxIters } = config;
  const rows = batchSize * gradientAccumulationSteps;
  const from = checkpoint ? `, from ${checkpoint.path}` : '';
  return [
    `backend  ${backend.name}: ${backend.device.description}`,
    ...description,
    `run      ${formatCount(maxIters)} steps of ${formatCount(rows)} rows, into ${folder.path}${from}`,
    '',
  ].join('\n');
}

function interruptedAfter(step: number, checkpoint: string, { command, folder }: TrainingSetup): AttuneError {
  return new AttuneError('INTERRUPTED', `Stopped after step ${step}. The checkpoint is in ${checkpoint}.`, {
    fix: `Go on: attune ${command} --resume ${folder.path}. Try it: attune generate --model ${checkpoint}`,
    data: { step, checkpoint },
  });
}

/** Why a run ended, for people. */
function describeEnd(end: RunEnd, { config, command }: TrainingSetup): string {
  const { patience, maxSeconds, targetLoss } = config;
  const reasons: Record<RunEnd, string> = {
    maxIters: '--max-iters is reached',
    maxEpochs: command === 'pretrain' ? '--max-epochs is reached' : '--epochs is reached',
    maxTokens: '--max-tokens is reached',
    maxSeconds: `--max-seconds ${maxSeconds} are over`,
    targetLoss: `the train loss is at most --target-loss ${targetLoss}`,
    converged: `converged: the validation loss has not fallen for ${patience} evaluations`,
    signal: 'interrupted',
    dataEnded: 'the data is at its end',
  };
  return reasons[end];
}

function summarize(
  { end, steps, sample, seconds }: TrainingResult,
  { step, last, best }: RunProgress,
  setup: TrainingSetup,
  { generates, predictsTokens, sampler }: TrainingJob,
): string {
  const { folder } = setup;
  const lines = ['', `${formatCount(steps)} steps in ${formatDuration(seconds)}: ${describeEnd(end, setup)}`];
  if (last) lines.push(`train loss  ${last.loss.toFixed(4)}`);
  if (last?.valLoss !== undefined) {
    const perplexity =
      predictsTokens && last.perplexity !== undefined ? ` (perplexity ${last.perplexity.toFixed(2)})` : '';
    lines.push(`val loss    ${last.valLoss.toFixed(4)}${perplexity}`);
  }
  if (best && best.step < step) {
    lines.push(`the lowest  ${best.valLoss.toFixed(4)}, after step ${formatCount(best.step)}`);
  }
  if (sample && sampler) lines.push('', `${sampler.title}:`, '', indent(sample));
  lines.push('', `The model is in ${folder.final}.`);
  if (generates) lines.push('', `Next: ${attuneCommand(setup.context)} generate --model ${folder.path}`);
  return lines.join('\n');
}
