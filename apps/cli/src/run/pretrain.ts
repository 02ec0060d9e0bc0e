import { AttuneError, type Backend } from '@attune/core';
import { prepareText, storyCorpus } from '@attune/data';
import { writeTokenFolder } from '@attune/data/node';
import { adamW, cosine, crossEntropy, gpt2, parameterCount, type Gpt2Model } from '@attune/nn';
import { Trainer } from '@attune/train';
import type { ResolvedConfig } from '../config/training-config.js';
import type { TrainingConfig } from '../config/training-fields.js';
import type { Context } from '../context.js';
import { createDisplay } from './display.js';
import { formatCount, formatDuration, formatParameters } from './format.js';
import { adoptShape } from './init-from.js';
import { listenForInterrupt } from './interrupt.js';
import { openModel, saveCheckpoint, saveModel, type OpenModel } from './model-folder.js';
import { withBackend } from './open-backend.js';
import { RunFolder } from './run-folder.js';
import { openTrainingData, type TrainingData } from './training-data.js';
import { indent, runTraining, type TrainingResult } from './training-run.js';

/** What is asked of `attune pretrain`. */
export interface PretrainRequest extends ResolvedConfig {
  readonly out: string;
  /** Whether an earlier run in `out` may be removed. */
  readonly overwrite: boolean;
  /** Metrics as JSON lines on stdout; what is told to people goes to stderr. */
  readonly json: boolean;
}

/**
 * Trains a model as the request says, into its folder.
 *
 * Everything that can be wrong with the request is found before the folder is touched.
 *
 * @throws AttuneError INTERRUPTED after Ctrl-C, when a checkpoint has been written.
 */
export async function pretrain(request: PretrainRequest, context: Context): Promise<void> {
  const source = request.config.initFrom === undefined ? undefined : await openModel(request.config.initFrom);
  const config = source
    ? adoptShape(request.config, request.given, source.model.config, source.path)
    : request.config;
  await withBackend(config.backend, context, async (backend) => {
    const open = (path: string) => openTrainingData(path, config, source);
    let data = config.data === undefined ? undefined : await open(config.data);
    try {
      const folder = await RunFolder.create(request.out, {
        overwrite: request.overwrite,
        preparesData: data === undefined,
      });
      await folder.writeConfig(config);
      data ??= await open(await prepareEmbeddedCorpus(folder.data));
      await trainInto(folder, { ...request, config }, { context, backend, data, source });
    } finally {
      await data?.close();
    }
  });
}

/** The embedded corpus as a token folder. */
async function prepareEmbeddedCorpus(path: string): Promise<string> {
  await writeTokenFolder(path, await prepareText(storyCorpus(), { tokenizer: 'char' }));
  return path;
}

interface Surroundings {
  readonly context: Context;
  readonly backend: Backend;
  readonly data: TrainingData;
  readonly source: OpenModel | undefined;
}

async function trainInto(
  folder: RunFolder,
  { config, json }: PretrainRequest,
  { context, backend, data, source }: Surroundings,
): Promise<void> {
  const display = createDisplay(
    json ? context.stderr : context.stdout,
    { total: config.maxIters, logInterval: config.logInterval },
    context,
  );
  const model = createModel(config, data, source);
  const saved = { model, tokenizer: data.tokenizer };
  const trainer = createTrainer(config, backend, model, data);
  const interrupt = listenForInterrupt(context, () =>
    display.print('Finishing this step, then writing a checkpoint. Ctrl-C again leaves at once.'),
  );
  const writeCheckpoint = async (step: number) =>
    saveCheckpoint(folder.checkpoint(step), saved, await trainer.checkpoint(), config);
  try {
    display.print(describeRun(config, backend, model, data, folder));
    if (source) await trainer.loadParameters(source.tensors);
    const result = await runTraining({
      config,
      backend,
      model,
      trainer,
      data,
      folder,
      display,
      interrupt,
      writeCheckpoint,
      onMetrics: json ? (metrics) => void context.stdout.write(`${JSON.stringify(metrics)}\n`) : undefined,
    });
    if (result.interrupted) {
      await writeCheckpoint(result.steps);
      throw interruptedAfter(result.steps, folder);
    }
    const { parameters } = await trainer.checkpoint();
    await saveModel(folder.final, saved, parameters);
    display.print(summarize(result, folder, data));
  } finally {
    interrupt.dispose();
    await trainer.dispose();
    await folder.close();
  }
}

function createModel(config: TrainingConfig, data: TrainingData, source: OpenModel | undefined): Gpt2Model {
  const { blockSize, nLayer, nHead, nEmbd, bias, activation, dropout } = config;
  return source
    ? gpt2({ ...source.model.config, dropout })
    : gpt2({ vocabSize: data.vocabSize, blockSize, nLayer, nHead, nEmbd, bias, activation, dropout });
}

function createTrainer(
  config: TrainingConfig,
  backend: Backend,
  model: Gpt2Model,
  data: TrainingData,
): Trainer {
  const { learningRate: peak, minLr: min, warmupIters, lrDecayIters: decayIters } = config;
  const { beta1, beta2, weightDecay, gradClip, gradientAccumulationSteps, seed } = config;
  const learningRate = cosine({ peak, min, warmupIters, decayIters });
  return new Trainer({
    backend,
    model: model.train(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate, beta1, beta2, weightDecay }),
    data: data.train,
    gradClip,
    gradientAccumulationSteps,
    seed,
  });
}

function describeRun(
  { data: path, initFrom, batchSize, blockSize, gradientAccumulationSteps, maxIters }: TrainingConfig,
  backend: Backend,
  model: Gpt2Model,
  data: TrainingData,
  folder: RunFolder,
): string {
  const { nLayer, nHead, nEmbd } = model.config;
  const origin = initFrom === undefined ? '' : `, from ${initFrom}`;
  const tokens = batchSize * blockSize * gradientAccumulationSteps;
  return [
    `backend  ${backend.name}: ${backend.device.description}`,
    `data     ${path ?? 'the embedded stories'}: ${formatCount(data.trainTokens)} tokens, ` +
      `vocabulary of ${formatCount(data.vocabSize)}${data.val ? '' : '; no validation data'}`,
    ...(data.note === undefined ? [] : [`         ${data.note}`]),
    `model    GPT-2, ${formatParameters(parameterCount(model).total)} parameters ` +
      `(${nLayer} layers, ${nHead} heads, ${nEmbd} wide)${origin}`,
    `run      ${formatCount(maxIters)} steps of ${formatCount(tokens)} tokens, into ${folder.path}`,
    '',
  ].join('\n');
}

function interruptedAfter(step: number, folder: RunFolder): AttuneError {
  const checkpoint = folder.checkpoint(step);
  return new AttuneError('INTERRUPTED', `Stopped after step ${step}. The checkpoint is in ${checkpoint}.`, {
    fix: `Try it: attune generate --model ${checkpoint}`,
    data: { step, checkpoint },
  });
}

function summarize(result: TrainingResult, folder: RunFolder, { tokenizer }: TrainingData): string {
  const { steps, loss, valLoss, perplexity, sample, seconds } = result;
  const lines = [
    '',
    `${formatCount(steps)} steps in ${formatDuration(seconds)}`,
    `train loss  ${loss.toFixed(4)}`,
  ];
  if (valLoss !== undefined && perplexity !== undefined) {
    lines.push(`val loss    ${valLoss.toFixed(4)} (perplexity ${perplexity.toFixed(2)})`);
  }
  if (sample) lines.push('', 'It now writes:', '', indent(sample));
  lines.push('', `The model is in ${folder.final}.`);
  if (tokenizer) lines.push('', `Next: attune generate --model ${folder.path}`);
  return lines.join('\n');
}
