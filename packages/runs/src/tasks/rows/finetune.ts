import { AttuneError, type Backend, type TensorSource } from '@attune/core';
import { prefetch } from '@attune/data';
import { isClassifierConfig, lazyTensors, modelOf, withDropout } from '@attune/formats';
import { parameterCount, storeFrozen } from '@attune/nn';
import { Trainer } from '@attune/train';
import type { Adaptation, AdaptedModel } from '../../adaptations/adaptation.js';
import { adaptationOf, type AdaptationConfig } from '../../adaptations/adaptations.js';
import { baseOf } from '../../models/model/base-name.js';
import { positionsOf, vocabSizeOf } from '../../models/model/classifier-head.js';
import { digestOf } from '../../models/model/digest.js';
import type { ModelHost, OpenExamples, RunHost } from '../../models/model/host.js';
import type { ModelText } from '../../models/text/model-text.js';
import { openWithText, type ModelRequest, type OpenTextModel } from '../../models/open/open-model.js';
import { openModelReader } from '../../models/open/open-reader.js';
import type { OpenAnyModel } from '../../models/model/opened-model.js';
import { readCompanions } from '../../models/open/read-companions.js';
import type { RunOrigin } from '../../record/run-record.js';
import { checkRunConfig } from '../../settings/checks.js';
import { examplesAsRows } from '../../text/training-rows.js';
import { requireTrainingMemory } from '../common/memory-plan.js';
import type { FittedRun, Task } from '../common/task.js';
import { trainerSettings } from '../common/trainer-settings.js';
import { classify } from './classify.js';
import { describe } from './describe.js';
import {
  finetuneConfig,
  finetuneFields,
  recordedFinetuneConfig,
  resolveLengths,
  type FinetuneConfig,
  type ResolvedFinetuneConfig,
} from './finetune-fields.js';
import { readExamples } from './row-data.js';
import type { RowData, RowTask } from './row-task.js';
import { sft } from './sft.js';

/** The parts of a run on rows. */
interface Parts {
  readonly config: ResolvedFinetuneConfig;
  readonly host: RunHost;
  readonly task: RowTask;
  readonly adaptation: Adaptation<AdaptationConfig>;
  readonly source: OpenAnyModel<TensorSource>;
  readonly adapted: AdaptedModel;
  readonly text: ModelText;
  readonly data: RowData;
  readonly origin: RunOrigin;
}

/**
 * The task that rows are for.
 *
 * @throws AttuneError INVALID_CONFIG if another one was asked for.
 */
export function rowTaskOf(asked: FinetuneConfig['task'], { report }: Pick<OpenExamples, 'report'>): RowTask {
  const hasLabels = report.format === 'classification';
  if (hasLabels && asked === 'sft') {
    throw new AttuneError('INVALID_CONFIG', '--task sft learns text, but the rows of the data have labels.', {
      fix: 'Leave out --task, or choose --task classify.',
    });
  }
  if (!hasLabels && asked === 'classify') {
    throw new AttuneError(
      'INVALID_CONFIG',
      '--task classify trains a head for classes, but the rows of the data have no label.',
      { fix: 'A classification has rows like {"text": "…", "label": "…"}.' },
    );
  }
  return hasLabels ? classify : sft;
}

/** The model as it is trained. Its configuration, which is saved, keeps its own dropout. */
function withTrainingDropout(
  source: OpenAnyModel<TensorSource>,
  dropout: FinetuneConfig['dropout'],
): OpenAnyModel<TensorSource> {
  return dropout === 'model' ? source : { ...source, model: modelOf(withDropout(source.config, dropout)) };
}

/** An adapter names the folder of the model below it, and a merged model is in none. */
function refuseAdapterOnAdapter(
  { adapter }: OpenAnyModel<TensorSource>,
  { method, model }: FinetuneConfig,
): void {
  if (adapter === undefined || method !== 'lora') return;
  throw new AttuneError('INVALID_CONFIG', `${model} is an adapter: another cannot be laid over it.`, {
    fix:
      `To train it further, name its model with --model, and ${adapter} with --adapter. ` +
      'To begin a new one on top, merge it first with attune merge.',
  });
}

/** @throws AttuneError INVALID_CONFIG where nothing is frozen that could be held in fewer bits. */
function checkFrozenDtype({ method, frozenDtype }: FinetuneConfig): void {
  if (frozenDtype === 'f32' || method !== 'full') return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `--frozen-dtype ${frozenDtype} goes with frozen weights, but --method full trains all.`,
    { fix: 'Add --method lora or --method freeze, or leave it out: what is trained stays in f32.' },
  );
}

/** A pretrained model whose weights are read as the device takes them. Close it when no more are needed. */
interface BaseModel extends OpenAnyModel<TensorSource> {
  close(): Promise<void>;
}

async function openBase(request: ModelRequest, host: ModelHost): Promise<BaseModel> {
  const { reader, ...opened } = await openModelReader(request, host);
  const { narrow } = request;
  return { ...opened, tensors: lazyTensors(reader, { narrow }), close: () => reader.close() };
}

/** Fits model and data to each other, and adapts the model. */
async function fit(
  asked: FinetuneConfig,
  { text, ...opened }: OpenTextModel<BaseModel>,
  host: RunHost,
): Promise<Parts> {
  refuseAdapterOnAdapter(opened, asked);
  const examples = await readExamples(host, asked, text, positionsOf(opened), vocabSizeOf(opened));
  const task = rowTaskOf(asked.task, examples);
  const data = task.open(examples, asked, text.specialTokens.padId);
  const source = withTrainingDropout(task.fit(opened, data), asked.dropout);
  const adaptation = adaptationOf(asked);
  const adapted = await adaptation.adapt(source, asked, host);
  if (asked.frozenDtype !== 'f32') storeFrozen(adapted.model, asked.frozenDtype);
  const config = resolveLengths({ ...asked, model: source.name }, data.train.batchesPerEpoch!);
  checkRunConfig(config);
  const { train, validation } = examples;
  const origin = {
    path: config.data,
    trainTokens: data.report.parts.train?.tokens ?? 0,
    hashes: { train: train.fingerprint, val: validation?.fingerprint ?? null },
    model: config.model,
    base: await digestOf(source.tensors, host),
  };
  return { config, host, task, adaptation, source, adapted, text, data, origin };
}

function requireMemory({ config, host, source, adapted, data }: Parts, backend: Backend): void {
  const { batchSize, chunkTokens, packing, maxLength } = config;
  const { nLayer, nEmbd, vocabSize } = isClassifierConfig(source.config) ? source.config.body : source.config;
  const { longest, count } = data.examples.train;
  requireTrainingMemory({
    ...{ memory: host.memoryOf(backend), model: adapted.model, nLayer, nEmbd, chunkTokens },
    // A batch has no more rows than there are.
    batchSize: packing ? batchSize : Math.min(batchSize, count),
    length: packing ? (maxLength ?? longest) : longest,
    vocabSize: data.labels ? 0 : vocabSize,
  });
}

function trainerOf(
  parts: Parts,
  backend: Backend,
  config: ResolvedFinetuneConfig,
  weights = parts.adapted.weights,
): Trainer {
  const { host, task, adapted, data } = parts;
  return new Trainer({
    ...trainerSettings(config, host.ranks),
    backend,
    model: adapted.model.train(),
    loss: task.loss(data, config),
    data: prefetch(data.train),
    weights,
  });
}

/** A run whose model and data fit each other. */
function fitted(parts: Parts): FittedRun<ResolvedFinetuneConfig> {
  const { config, host, task, adaptation, source, adapted, text, data, origin } = parts;
  return {
    origin,
    requireMemory: (backend) => requireMemory(parts, backend),
    trainer: (backend, settings, weights) => trainerOf(parts, backend, settings, weights),
    async job(backend) {
      const trainer = trainerOf(parts, backend, config);
      const { validation } = data;
      // What the answers were trained with is what they have to be asked with.
      const companions = await readCompanions(source, host, { text });
      return {
        trainer,
        hashes: origin.hashes,
        saver: adaptation.saver({
          ...{ source, adapted, taskType: task.taskType, base: baseOf(source), dtype: config.dtype },
          companions: { ...companions, files: { ...companions.files, ...task.files(source) } },
        }),
        description: describe(parts),
        parameters: parameterCount(adapted.model),
        generates: task.predictsTokens,
        predictsTokens: task.predictsTokens,
        evaluate: validation && (() => trainer.evaluate(validation, config.evalIters)),
        validation: validation?.spec,
        rows: async (limit) => examplesAsRows(data.examples.train, text.tokenizer, limit),
        sampler: task.sampler({ backend, model: adapted.model, trainer, text, data, config }),
      };
    },
  };
}

/** Trains a pretrained model on rows: their text, or their labels. */
export const finetune: Task<ResolvedFinetuneConfig, FinetuneConfig> = {
  command: 'finetune',
  fields: finetuneFields,
  config: finetuneConfig,
  recorded: recordedFinetuneConfig,

  async open(asked, host) {
    checkFrozenDtype(asked);
    const request = { model: asked.model, narrow: asked.frozenDtype !== 'f32' };
    const opened = await openWithText(openBase, request, host, asked.template);
    const close = async () => {
      await opened.text.close();
      await opened.close();
    };
    try {
      const parts = await fit(asked, opened, host);
      const { config, adaptation, adapted } = parts;
      return {
        config,
        preparesData: false,
        readCheckpoint: (run, name) => adaptation.readCheckpoint(run, name, adapted),
        prepare: async () => ({
          requireMemory: (backend) => requireMemory(parts, backend),
          openData: async () => fitted(parts),
        }),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
};
