import { isAbsolute } from 'node:path';
import type { Backend, HostTensors, Loss } from '@attune/core';
import { prefetch, type LabelSet } from '@attune/data';
import {
  adapterFiles,
  familyOf,
  isClassifierConfig,
  type FloatDType,
  type ModelConfig,
  type TaskType,
} from '@attune/formats';
import { writeAdapterFolder, writeCheckpoint } from '@attune/formats/node';
import { crossEntropy, meanSquaredError, parameterCount, type LoraConfig, type RootModule } from '@attune/nn';
import { trainsHead, type ResolvedFinetuneConfig } from '@attune/runs';
import { Trainer } from '@attune/train';
import type { AdaptedModel } from '../models/adapted-model.js';
import { LABELS_JSON, publicName } from '../models/adapter-folder.js';
import { answerSampler, classSampler } from '../generation/answer-sampler.js';
import { companionFiles, type CompanionFiles } from '../models/companion-files.js';
import { GENERATION_CONFIG } from '../models/generation-config.js';
import { trainerSettings } from '../training/create-trainer.js';
import { requireTrainingMemory } from '../training/memory-plan.js';
import type { FineTuningData } from './fine-tuning-data.js';
import { formatCount, formatParameters } from '../format.js';
import { modelSaver, softwareVersions } from '../models/model-folder.js';
import type { OpenAnyModel } from '../models/opened-model.js';
import type { ModelSaver } from '../models/model-saver.js';
import type { ModelText } from '../models/model-text.js';
import type { TrainingJob } from '../training/train-into.js';

/** What a fine-tuning run is made of. */
export interface FinetuningParts {
  readonly config: ResolvedFinetuneConfig;
  readonly backend: Backend;
  readonly source: OpenAnyModel;
  readonly adapted: AdaptedModel;
  readonly data: FineTuningData;
  readonly text: ModelText;
}

type TrainerParts = Pick<FinetuningParts, 'config' | 'backend' | 'source' | 'adapted' | 'data'>;

/**
 * Compares what a run takes with the memory of the machine.
 *
 * @throws AttuneError OUT_OF_MEMORY
 */
export function requireFinetuningMemory({
  config: { batchSize, chunkTokens, packing, maxLength },
  backend,
  source,
  adapted: { model },
  data: { examples, labels },
}: TrainerParts): void {
  const { config } = source;
  const { nLayer, nEmbd, vocabSize } = isClassifierConfig(config) ? config.body : config;
  const { longest, count } = examples.train;
  requireTrainingMemory({
    ...{ backend, model, nLayer, nEmbd, chunkTokens },
    // A batch has no more rows than there are.
    batchSize: packing ? batchSize : Math.min(batchSize, count),
    length: packing ? (maxLength ?? longest) : longest,
    vocabSize: labels ? 0 : vocabSize,
  });
}

/** The trainer of a fine-tuning run, before its first step. */
export function finetuningTrainer(parts: TrainerParts): Trainer {
  requireFinetuningMemory(parts);
  const {
    config,
    backend,
    adapted: { model, weights },
    data,
  } = parts;
  return new Trainer({
    ...trainerSettings(config),
    backend,
    model: model.train(),
    loss: lossOf(data.labels, config),
    data: prefetch(data.train),
    weights,
  });
}

/** Fine-tuning as something to train: a pretrained model, adapted, on rows of a task. */
export async function finetuningJob(parts: FinetuningParts): Promise<TrainingJob> {
  const { config, backend, adapted, data, text } = parts;
  const { model } = adapted;
  const trainer = finetuningTrainer(parts);
  const { train, validation } = data.examples;
  const { validation: batches } = data;
  const shown = validation ?? train;
  const sampler = data.labels
    ? batches && classSampler({ backend, model, trainer, data: batches, labels: data.labels })
    : config.samples > 0 &&
      'head' in model &&
      answerSampler({ backend, model, trainer, text, rows: shown, config });
  return {
    trainer,
    hashes: { train: train.fingerprint, val: validation?.fingerprint ?? null },
    saver: await saverOf(parts),
    description: describe(parts),
    generates: !data.labels,
    predictsTokens: !data.labels,
    ...(batches && { evaluate: () => trainer.evaluate(batches, config.evalIters) }),
    ...(sampler && { sampler }),
  };
}

function lossOf(labels: LabelSet | undefined, { chunkTokens }: ResolvedFinetuneConfig): Loss {
  if (!labels) return crossEntropy({ chunkTokens });
  return labels.kind === 'classes'
    ? crossEntropy({ target: 'label' })
    : meanSquaredError({ output: 'logits', target: 'label' });
}

/** Files that the folder of what is trained has beside its weights. */
async function companionsOf({ source, text, data }: FinetuningParts): Promise<CompanionFiles> {
  const { config } = source;
  // What the answers were trained with is what they have to be asked with.
  const { files, generation } = await companionFiles(source, { text });
  if (data.labels && isClassifierConfig(config)) {
    const { labels = null, problemType } = config;
    files[LABELS_JSON] = { labels, problemType };
  }
  return { files, generation };
}

async function saverOf(parts: FinetuningParts): Promise<ModelSaver> {
  const { files, generation } = await companionsOf(parts);
  const { source, adapted, data } = parts;
  if (!adapted.lora) {
    return modelSaver(
      { config: source.config, source: source.source, generation, files },
      parts.config.dtype,
    );
  }
  // An adapter is read before its model, whose ends of answers may be fewer.
  if (generation) files[GENERATION_CONFIG] = generation;
  const taskType = data.labels ? 'SEQ_CLS' : 'CAUSAL_LM';
  const { lora, replaced } = adapted;
  return adapterSaver(adapted.model, {
    ...{ lora, replaced, taskType, files },
    ...baseOf(source),
    dtype: parts.config.dtype,
  });
}

/**
 * The name by which peft and attune find the base model: an id of the hub and its commit, or the path that was given. A relative one
 * begins with a dot, so that nobody takes it for an id. Of an absolute one, the last name is left: the rest would tell
 * whoever gets the adapter about the user's folders. The run's configuration has all of it.
 */
function baseOf({ name, path }: OpenAnyModel): { baseModel: string; revision?: string } {
  const [, baseModel, revision] = /^([^/@]+\/[^/@]+)@([\da-f]{40})$/.exec(name) ?? [];
  if (baseModel !== undefined) return { baseModel, revision };
  if (isAbsolute(path)) return { baseModel: publicName(name) };
  const given = path.replaceAll('\\', '/');
  return { baseModel: given.startsWith('.') ? given : `./${given}` };
}

interface AdapterToSave {
  readonly lora: LoraConfig;
  readonly replaced?: HostTensors;
  readonly taskType: TaskType;
  readonly baseModel: string;
  readonly revision?: string;
  /** How the finished adapter is stored; checkpoints are f32. */
  readonly dtype: FloatDType;
  readonly files: Readonly<Record<string, unknown>>;
}

/** Writes adapters, as peft does: the base model stays where it is. */
function adapterSaver(model: RootModule, { files, dtype, ...adapter }: AdapterToSave): ModelSaver {
  return {
    savesFrozen: false,
    writeFinal: (path, tensors) => writeAdapterFolder(path, { model, tensors, ...adapter, files, dtype }),
    writeCheckpoint: (path, checkpoint, run) =>
      writeCheckpoint(path, {
        checkpoint,
        modelFiles: adapterFiles({ model, tensors: checkpoint.parameters, ...adapter, files }),
        run: { ...run },
        versions: softwareVersions(),
      }),
  };
}

function describe({ config, source, adapted, data }: FinetuningParts): string[] {
  const { examples, report, train } = data;
  const { total, trainable } = parameterCount(adapted.model);
  const rows = examples.validation ? `, ${formatCount(examples.validation.count)} to validate on` : '';
  const columns = Object.entries(report.columns).map(([field, column]) =>
    field === column ? field : `${field} from ${column}`,
  );
  return [
    `data     ${config.data}: ${formatCount(examples.train.count)} rows (${report.format}: ${columns.join(', ')})${rows}` +
      (train.utilisation === undefined
        ? ''
        : `; packed, ${(100 * train.utilisation).toFixed(0)} % of the places used`),
    ...report.files.flatMap(({ file, truncated, dropped, droppedUntrained }) => {
      const left = dropped + droppedUntrained;
      return truncated + left === 0
        ? []
        : [
            `         ${file}: ${formatCount(truncated)} rows cut off, ${formatCount(left)} left out, at ${report.maxLength} tokens`,
          ];
    }),
    `model    ${source.name}: ${formatParameters(total)} parameters, of which ${formatParameters(trainable)} are trained ` +
      `(${[describeMethod(config, adapted), ...describeDropout(adapted.model.config as ModelConfig)].join('; ')})`,
  ];
}

/** The rates that the model itself drops at while it trains, those that are not 0. */
function describeDropout(config: ModelConfig): string[] {
  if (isClassifierConfig(config)) return describeDropout(config.body);
  const each = Object.entries(familyOf(config).dropouts(config)).flatMap(([place, p]) =>
    p > 0 ? [`${p} (${place})`] : [],
  );
  return each.length > 0 ? [`dropout ${each.join(', ')}`] : [];
}

function describeMethod(config: ResolvedFinetuneConfig, { lora }: AdaptedModel): string {
  if (!lora) return trainsHead(config) ? 'head' : config.method;
  const { rank, alpha, targetModules, useDora, useRslora } = lora;
  const kind = useDora ? 'DoRA' : useRslora ? 'rsLoRA' : 'LoRA';
  const targets = typeof targetModules === 'string' ? targetModules : targetModules.join(', ');
  return `${kind}, rank ${rank}, alpha ${alpha}, on ${targets}`;
}
