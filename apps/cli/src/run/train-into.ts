import { AttuneError, type Backend, type StepMetrics } from '@attune/core';
import { parameterCount, type Gpt2Model } from '@attune/nn';
import type { TrainingConfig } from '../config/training-fields.js';
import type { Context } from '../context.js';
import { CheckpointWriter, withLastCheckpoint, type FoundCheckpoint } from './checkpoints.js';
import { createModel, createTrainer } from './create-trainer.js';
import { createDisplay } from './display.js';
import { formatCount, formatDuration, formatParameters } from './format.js';
import { listenForInterrupt } from './interrupt.js';
import { saveModel, type OpenModel } from './model-folder.js';
import { parseProgress, RunProgress, type RunEnd } from './progress.js';
import type { RunFolder } from './run-folder.js';
import type { TrainingData } from './training-data.js';
import { indent, runTraining, type TrainingResult } from './training-run.js';

/** What a run is trained with. */
export interface TrainingSetup {
  readonly config: TrainingConfig;
  readonly context: Context;
  readonly backend: Backend;
  readonly data: TrainingData;
  readonly folder: RunFolder;
  /** Where the shape and the first weights come from, if not from the configuration. */
  readonly source?: OpenModel;
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
export async function trainInto(setup: TrainingSetup): Promise<void> {
  const { config, context, backend, data, folder, source, checkpoint, json, notes = [] } = setup;
  const display = createDisplay(
    json ? context.stderr : context.stdout,
    { total: config.maxIters, logInterval: config.logInterval },
    context,
  );
  const progress = new RunProgress(
    config,
    checkpoint && parseProgress(checkpoint.run['progress'], checkpoint.path),
  );
  const model = createModel(config, data, source);
  const saved = { model, tokenizer: data.tokenizer };
  const trainer = createTrainer(config, backend, model, data);
  const checkpoints = new CheckpointWriter(
    folder,
    { config, backend: backend.name, data: data.hashes, saved, trainer, progress },
    checkpoint?.path,
  );
  const interrupt = listenForInterrupt(context, () =>
    display.print('Finishing this step, then writing a checkpoint. Ctrl-C again leaves at once.'),
  );
  try {
    display.print(describeRun(setup, model));
    for (const note of notes) display.print(note);
    if (checkpoint) await trainer.restore(checkpoint.checkpoint);
    else if (source) await trainer.loadParameters(source.tensors);
    const onMetrics = json
      ? (metrics: StepMetrics) => void context.stdout.write(`${JSON.stringify(metrics)}\n`)
      : undefined;
    const result = await runTraining({
      ...{
        config,
        backend,
        model,
        trainer,
        progress,
        data,
        folder,
        checkpoints,
        display,
        interrupt,
        onMetrics,
      },
    });
    const last = await trainer.checkpoint();
    if (result.end === 'signal') {
      throw interruptedAfter(progress.step, await checkpoints.write(last), folder);
    }
    if (config.checkpointInterval > 0 && result.steps > 0) await checkpoints.write(last);
    await folder.check();
    await saveModel(folder.final, saved, last.parameters);
    display.print(summarize(result, progress, setup));
  } catch (error) {
    throw withLastCheckpoint(error, checkpoints.lastPath);
  } finally {
    interrupt.dispose();
    await trainer.dispose();
  }
}

function describeRun({ config, backend, data, folder, checkpoint }: TrainingSetup, model: Gpt2Model): string {
  const { data: path, initFrom, batchSize, blockSize, gradientAccumulationSteps, maxIters } = config;
  const { nLayer, nHead, nEmbd } = model.config;
  const origin = initFrom === undefined ? '' : `, from ${initFrom}`;
  const tokens = batchSize * blockSize * gradientAccumulationSteps;
  const from = checkpoint ? `, from ${checkpoint.path}` : '';
  return [
    `backend  ${backend.name}: ${backend.device.description}`,
    `data     ${path ?? 'the embedded stories'}: ${formatCount(data.trainTokens)} tokens, ` +
      `vocabulary of ${formatCount(data.vocabSize)}${data.val ? '' : '; no validation data'}`,
    ...(data.note === undefined ? [] : [`         ${data.note}`]),
    `model    GPT-2, ${formatParameters(parameterCount(model).total)} parameters ` +
      `(${nLayer} layers, ${nHead} heads, ${nEmbd} wide)${origin}`,
    `run      ${formatCount(maxIters)} steps of ${formatCount(tokens)} tokens, into ${folder.path}${from}`,
    '',
  ].join('\n');
}

function interruptedAfter(step: number, checkpoint: string, folder: RunFolder): AttuneError {
  return new AttuneError('INTERRUPTED', `Stopped after step ${step}. The checkpoint is in ${checkpoint}.`, {
    fix: `Go on: attune pretrain --resume ${folder.path}. Try it: attune generate --model ${checkpoint}`,
    data: { step, checkpoint },
  });
}

/** Why a run ended, for people. */
function describeEnd(end: RunEnd, { patience, maxSeconds, targetLoss }: TrainingConfig): string {
  const reasons: Record<RunEnd, string> = {
    maxIters: '--max-iters is reached',
    maxEpochs: '--max-epochs is reached',
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
  { config, folder, data: { tokenizer } }: TrainingSetup,
): string {
  const lines = [
    '',
    `${formatCount(steps)} steps in ${formatDuration(seconds)}: ${describeEnd(end, config)}`,
  ];
  if (last) lines.push(`train loss  ${last.loss.toFixed(4)}`);
  if (last?.valLoss !== undefined && last.perplexity !== undefined) {
    lines.push(`val loss    ${last.valLoss.toFixed(4)} (perplexity ${last.perplexity.toFixed(2)})`);
  }
  if (best && best.step < step) {
    lines.push(`the lowest  ${best.valLoss.toFixed(4)}, after step ${formatCount(best.step)}`);
  }
  if (sample) lines.push('', 'It now writes:', '', indent(sample));
  lines.push('', `The model is in ${folder.final}.`);
  if (tokenizer) lines.push('', `Next: attune generate --model ${folder.path}`);
  return lines.join('\n');
}
