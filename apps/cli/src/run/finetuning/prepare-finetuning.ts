import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import {
  adapterNames,
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  modelOf,
  withDropout,
} from '@attune/formats';
import {
  readCheckpoint,
  readModelCheckpoint,
  readSafetensors,
  type StoredCheckpoint,
} from '@attune/formats/node';
import {
  checkRunConfig,
  resolveLengths,
  type FinetuneConfig,
  type ResolvedFinetuneConfig,
} from '@attune/runs';
import type { Context } from '../../context.js';
import { adaptModel, digestOf, type AdaptedModel } from '../models/adapted-model.js';
import { fitToLabels, positionsOf, vocabSizeOf } from '../models/classifier-head.js';
import { openAnyModel } from '../models/model-folder.js';
import { openTextOf, type ModelText } from '../models/model-text.js';
import type { OpenAnyModel } from '../models/opened-model.js';
import type { DataHashes } from '../pretraining/training-data.js';
import { checkSameData, createRecord, type RunRecord } from '../run-folder/run-record.js';
import { readSteadily } from '../models/steady-read.js';
import { openFineTuningData, type FineTuningData } from './fine-tuning-data.js';

/** Everything a run needs but a device and a folder. */
export interface PreparedFinetuning {
  readonly config: ResolvedFinetuneConfig;
  readonly source: OpenAnyModel;
  /** SHA-256 of the model's weights. */
  readonly base: string;
  readonly adapted: AdaptedModel;
  readonly text: ModelText;
  readonly data: FineTuningData;
}

/** Opens model and data, and adapts the one to the other. */
export async function prepareFinetuning(
  asked: FinetuneConfig,
  context: Context,
): Promise<PreparedFinetuning> {
  const { text, ...opened } = await readSteadily(
    [asked.model],
    async () => {
      const model = await openAnyModel({ model: asked.model }, context);
      refuseAdapterOnAdapter(model, asked);
      return { ...model, text: await openTextOf(model.textFolders, asked.template) };
    },
    (model) => model.text.close(),
  );
  const data = await openFineTuningData(asked, text, positionsOf(opened), vocabSizeOf(opened));
  const source = withTrainingDropout(fitToLabels(opened, data.labels, asked.task), asked.dropout);
  const adapted = await adaptModel(source, asked);
  const config = resolveLengths({ ...asked, model: source.name }, data.train.batchesPerEpoch!);
  checkRunConfig(config);
  return { config, source, base: digestOf(source.tensors), adapted, text, data };
}

/** The model as it is trained. Its configuration, which is saved, keeps its own dropout. */
function withTrainingDropout(source: OpenAnyModel, dropout: FinetuneConfig['dropout']): OpenAnyModel {
  return dropout === 'model' ? source : { ...source, model: modelOf(withDropout(source.config, dropout)) };
}

/** An adapter names the folder of the model below it, and a merged model is in none. */
function refuseAdapterOnAdapter({ adapter }: OpenAnyModel, { method, model }: FinetuneConfig): void {
  if (adapter === undefined || method !== 'lora') return;
  throw new AttuneError('INVALID_CONFIG', `${model} is an adapter: another cannot be laid over it.`, {
    fix:
      `To train it further, name its model with --model, and ${adapter} with --adapter. ` +
      'To begin a new one on top, merge it first with attune merge.',
  });
}

/** A checkpoint of the run: of its adapters, or of the whole model. */
export async function readRunCheckpoint(
  path: string,
  { model, lora }: AdaptedModel,
): Promise<StoredCheckpoint> {
  if (!lora) return readCheckpoint(path);
  return readModelCheckpoint(path, [ADAPTER_CONFIG_JSON, ADAPTER_SAFETENSORS], async () => {
    const tensors = await readSafetensors(join(path, ADAPTER_SAFETENSORS));
    const named = [...adapterNames(model)].flatMap(([own, peft]) => {
      const tensor = tensors[peft];
      return tensor ? [[own, tensor] as const] : [];
    });
    // What is missing is named when the trainer takes them.
    return Object.fromEntries(named);
  });
}

function hashesOf({ examples }: FineTuningData): DataHashes {
  return { train: examples.train.fingerprint, val: examples.validation?.fingerprint ?? null };
}

/** The record of a run that begins. */
export function recordOf({ config, data, base }: PreparedFinetuning): RunRecord {
  const { report } = data;
  return {
    ...createRecord(config, {
      path: config.data,
      trainTokens: report.parts.train?.tokens ?? 0,
      hashes: hashesOf(data),
    }),
    base,
  };
}

/**
 * Checks that a run goes on with, or is compared on, what it began with.
 *
 * @param begun what the run or its checkpoint says of it; what is not said is not compared.
 * @throws AttuneError CHECKPOINT_MISMATCH that names the part of the data, or the model, that is another.
 */
export function checkSameOrigin(
  begun: { readonly hashes?: DataHashes; readonly base?: string },
  { data, base, config }: PreparedFinetuning,
  run: string,
): void {
  checkSameData(begun.hashes, { hashes: hashesOf(data) }, run);
  checkSameBase(begun.base, base, config.model);
}

/** @throws AttuneError CHECKPOINT_MISMATCH if the weights are not those that the run began with. */
function checkSameBase(recorded: string | undefined, base: string, model: string): void {
  if (recorded === undefined || recorded === base) return;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The weights of ${model} are not those that the run began with.`,
    {
      fix: 'Put the model back as it was, or begin a new run.',
      data: { expected: recorded, found: base },
    },
  );
}
