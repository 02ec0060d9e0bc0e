import { plural, type Backend, type TensorSource } from '@attune/core';
import { specialTokensOf, tokenizerFiles, type Tokenizer } from '@attune/data';
import type { Folder } from '@attune/files';
import { causalLmFamilies, crossEntropy, parameterCount, type LanguageModel } from '@attune/nn';
import { Trainer } from '@attune/train';
import { extendedGeneration } from '../../models/folder/generation-config.js';
import { modelSaver, type ModelSaver } from '../../models/folder/model-saver.js';
import type { RunHost } from '../../models/model/host.js';
import { modelOfCheckpoint, openModel } from '../../models/open/open-model.js';
import type { OpenModel } from '../../models/model/opened-model.js';
import { readCompanions } from '../../models/open/read-companions.js';
import type { CheckpointFolder } from '../../record/run-store.js';
import { textSampler } from '../../sampling/text-sampler.js';
import { withDefaults } from '../../settings/field.js';
import { recordedSettings } from '../../settings/recorded.js';
import { formatCount, formatParameters } from '../../text/format.js';
import { windowsAsRows } from '../../text/training-rows.js';
import { requireTrainingMemory } from '../common/memory-plan.js';
import type { FittedRun, Task, TrainingJob } from '../common/task.js';
import { trainerSettings } from '../common/trainer-settings.js';
import { checkConfig } from './check-config.js';
import { trainingFields, type TrainingConfig } from './fields.js';
import { adoptShape } from './init-from.js';
import { openingOwnData } from './own-data.js';
import { readsAs } from './reads-as.js';
import { modelOfSettings, modelToContinue } from './shape.js';
import { openTrainingData, type TrainingData } from './token-data.js';

/** A run whose model is known, if not what its data is. */
interface Parts {
  readonly config: TrainingConfig;
  readonly host: RunHost;
  /** Where the shape comes from, if not from the configuration. */
  readonly source: OpenModel | undefined;
  /** Where the first weights come from, if not from the initialisers or a checkpoint. */
  readonly initial: OpenModel | undefined;
}

type Vocabulary = Pick<TrainingData, 'vocabSize'>;

function createModel({ config, source }: Parts, data: Vocabulary): LanguageModel {
  return source ? modelToContinue(source.model.config, config) : modelOfSettings(config, data.vocabSize);
}

function requireMemory(parts: Parts, data: Vocabulary, backend: Backend): void {
  const { batchSize, blockSize, chunkTokens } = parts.config;
  const model = createModel(parts, data);
  const { nLayer, nEmbd, vocabSize } = model.config;
  const sizes = { nLayer, nEmbd, vocabSize, batchSize, chunkTokens, length: blockSize };
  requireTrainingMemory({ memory: parts.host.memoryOf(backend), model, ...sizes });
}

/** Saves a new model with the data's tokenizer; one that was there before as the model it was. */
async function saverOf(
  { host, source }: Parts,
  model: LanguageModel,
  tokenizer: Tokenizer | null,
): Promise<ModelSaver> {
  const files = tokenizer ? await tokenizerFiles(tokenizer, model.config.vocabSize) : {};
  // As a run says that goes on from a checkpoint, and finds the tokenizer in it.
  const endIds = tokenizer ? specialTokensOf(tokenizer).eosIds : [];
  const generation = extendedGeneration(undefined, {}, endIds);
  if (!source) return modelSaver({ config: model.config, generation, files });
  // It keeps its own dropout, whatever this run trains with.
  const { config } = source.model;
  // With tokens of another kind, what it has been told of its own means nothing.
  if (!readsAs(source.tokenizer, tokenizer)) return modelSaver({ config, generation, files });
  const companions = await readCompanions(source, host);
  return modelSaver({
    ...{ config, source: source.source, generation: companions.generation },
    files: { ...companions.files, ...files },
  });
}

function describe({ config }: Parts, data: TrainingData, model: LanguageModel): string[] {
  const { data: path, initFrom, blockSize } = config;
  const { nLayer, nHead, nEmbd } = model.config;
  const origin = initFrom === undefined ? '' : `, from ${initFrom}`;
  return [
    `data     ${path ?? 'the embedded stories'}: ${plural(data.trainTokens, 'token')}, ` +
      `vocabulary of ${formatCount(data.vocabSize)}${data.val ? '' : '; no validation data'}`,
    ...(data.note === undefined ? [] : [`         ${data.note}`]),
    `model    ${causalLmFamilies[model.config.family].title}, ${formatParameters(parameterCount(model).total)} parameters ` +
      `(${plural(nLayer, 'layer')}, ${plural(nHead, 'head')}, ${nEmbd} wide, rows of ${plural(blockSize, 'token')})${origin}`,
  ];
}

/** Evaluates on the same random batches each time, so that evaluations can be compared. */
function evaluator(trainer: Trainer, val: NonNullable<TrainingData['val']>, batches: number) {
  const begin = val.state();
  return () => {
    val.restore(begin);
    return trainer.evaluate(val, batches);
  };
}

/** A run whose data is open. */
function fitted(parts: Parts, data: TrainingData): FittedRun<TrainingConfig> {
  const { config, initial } = parts;
  const { tokenizer, trainTokens, hashes, sha256, val } = data;
  const trainerOf = (
    backend: Backend,
    model: LanguageModel,
    settings: TrainingConfig,
    weights = initial && (async (): Promise<TensorSource> => initial.tensors),
  ) => {
    return new Trainer({
      ...trainerSettings(settings, parts.host.ranks),
      backend,
      model: model.train(),
      loss: crossEntropy({ chunkTokens: settings.chunkTokens }),
      data: data.train,
      ...(weights && { weights }),
    });
  };
  return {
    origin: { path: config.data, trainTokens, hashes, sha256 },
    requireMemory: (backend) => requireMemory(parts, data, backend),
    trainer: (backend, settings, weights) => trainerOf(backend, createModel(parts, data), settings, weights),
    async job(backend): Promise<TrainingJob> {
      const model = createModel(parts, data);
      const trainer = trainerOf(backend, model, config);
      const samples = tokenizer && config.sampleTokens > 0;
      return {
        trainer,
        hashes,
        saver: await saverOf(parts, model, tokenizer),
        description: describe(parts, data, model),
        parameters: parameterCount(model),
        generates: tokenizer !== null,
        predictsTokens: true,
        ...(val && { evaluate: evaluator(trainer, val, config.evalIters), validation: val.spec }),
        ...(tokenizer && { rows: async (limit) => windowsAsRows(await data.firstBatch(), tokenizer, limit) }),
        ...(samples && { sampler: textSampler({ backend, model, trainer, tokenizer, config }) }),
      };
    },
  };
}

/** The configuration of a run that begins, and the model it begins with. */
async function begin(asked: TrainingConfig, given: Partial<TrainingConfig>, host: RunHost) {
  if (asked.initFrom === undefined) return { config: asked };
  const model = await openModel({ model: asked.initFrom }, host);
  const adopted = adoptShape(asked, given, model.model.config, model.path);
  // A branch of the hub may move on: the run began with this commit.
  return { config: { ...adopted, initFrom: model.name }, model };
}

/** Trains a language model on windows of tokens, from scratch or from a model. */
export const pretrain: Task<TrainingConfig, TrainingConfig, CheckpointFolder> = {
  command: 'pretrain',
  fields: trainingFields,
  config: (given) => withDefaults(trainingFields, given),
  recorded: (values) => recordedSettings(trainingFields, values),

  async open(asked, host, given) {
    checkConfig(asked);
    const { config, model } = given ? await begin(asked, given, host) : { config: asked, model: undefined };
    let data: TrainingData | undefined;
    return {
      config,
      preparesData: config.data === undefined,
      readCheckpoint: (run, name) => run.readCheckpoint(name),
      async prepare(checkpoint) {
        const { initFrom } = config;
        const isInitial = !checkpoint && initFrom !== undefined;
        const initial = isInitial ? (model ?? (await openModel({ model: initFrom }, host))) : undefined;
        const source = checkpoint ? await modelOfCheckpoint(checkpoint.folder, checkpoint) : initial;
        const parts: Parts = { config, host, source, initial };
        return {
          requireMemory: (backend) => requireMemory(parts, { vocabSize: config.vocabSize ?? 1 }, backend),
          async openData(ownData) {
            const open = (folder: Folder) => openTrainingData(folder, config, source);
            data =
              config.data === undefined
                ? await openingOwnData(ownData!, () => open(ownData!))
                : await open(host.folder(config.data));
            return fitted(parts, data);
          },
        };
      },
      close: async () => data?.close(),
    };
  },
};
