import { isAttuneError, type Backend } from '@attune/core';
import { tokenizerFiles, type Tokenizer } from '@attune/data';
import { parameterCount, type Gpt2Model } from '@attune/nn';
import type { TrainingConfig } from '@attune/runs';
import { createGenerator, type Generator, type Trainer } from '@attune/train';
import { createModel, createTrainer } from '../training/create-trainer.js';
import { requireTrainingMemory } from '../training/memory-plan.js';
import { formatCount, formatParameters } from '../format.js';
import { modelSaver, requireGpt2 } from '../models/model-folder.js';
import { companionFiles } from '../models/companion-files.js';
import type { ModelSaver } from '../models/model-saver.js';
import type { OpenModel } from '../models/opened-model.js';
import { emptyPrompt, generateText } from '../generation/text-generation.js';
import type { TrainingJob } from '../training/train-into.js';
import type { TrainingData } from './training-data.js';
import type { Sampler } from '../training/training-run.js';

/** What a pretraining run is made of. */
export interface PretrainingParts {
  readonly config: TrainingConfig;
  readonly backend: Backend;
  readonly data: TrainingData;
  /** Where the shape comes from, if not from the configuration. */
  readonly source?: OpenModel;
  /** Whether the run goes on from a checkpoint, so that the first weights do not matter. */
  readonly resumes: boolean;
}

/**
 * Compares what a run takes with the memory of the machine.
 *
 * @throws AttuneError OUT_OF_MEMORY
 */
export function requirePretrainingMemory({
  config,
  backend,
  data,
  source,
}: Pick<PretrainingParts, 'config' | 'backend' | 'source'> & {
  readonly data: Pick<TrainingData, 'vocabSize'>;
}): void {
  const { batchSize, blockSize, chunkTokens } = config;
  const model = createModel(config, data, source);
  const { nLayer, nEmbd, vocabSize } = model.config;
  const sizes = { nLayer, nEmbd, vocabSize, batchSize, chunkTokens, length: blockSize };
  requireTrainingMemory({ backend, model, ...sizes });
}

/** Pretraining as something to train: a GPT-2 on windows of tokens. */
export async function pretrainingJob({
  config,
  backend,
  data,
  source,
  resumes,
}: PretrainingParts): Promise<TrainingJob> {
  requirePretrainingMemory({ config, backend, data, source });
  const model = createModel(config, data, source);
  const trainer = createTrainer(config, backend, model, data, resumes ? undefined : source);
  const { tokenizer, hashes, val } = data;
  const samples = tokenizer && config.sampleTokens > 0;
  return {
    trainer,
    hashes,
    saver: await saverOf(model, tokenizer, source),
    description: describe(config, data, model),
    generates: tokenizer !== null,
    predictsTokens: true,
    ...(val && { evaluate: evaluator(trainer, val, config.evalIters) }),
    ...(samples && { sampler: textSampler({ backend, model, trainer, tokenizer, config }) }),
  };
}

/** Saves a new model with the data's tokenizer; one that was there before as the model it was. */
async function saverOf(
  model: Gpt2Model,
  tokenizer: Tokenizer | null,
  source: OpenModel | undefined,
): Promise<ModelSaver> {
  const files = tokenizer ? await tokenizerFiles(tokenizer, model.config.vocabSize) : {};
  if (!source) return modelSaver({ config: model.config, files });
  // It keeps its own dropout, whatever this run trains with.
  const config = { ...model.config, dropout: requireGpt2(source).config.dropout };
  // With tokens of another kind, what it has been told of its own means nothing.
  if (!readsAs(source.tokenizer, tokenizer)) return modelSaver({ config, files });
  const companions = await companionFiles(source);
  return modelSaver({
    ...{ config, source: source.source, generation: companions.generation },
    files: { ...companions.files, ...files },
  });
}

/** A text in which tokenizers differ that are not the same. */
const PROBE = 'The quick brown fox, 1234 times: "jumps" over\n\tthe lazy dogs\' café – 狐 🦊!';

/** True if a model's tokens mean what the data's do, as far as either is known. */
function readsAs(model: Tokenizer | null, data: Tokenizer | null): boolean {
  if (!model || !data) return !data;
  if (JSON.stringify(model.toJSON()) === JSON.stringify(data.toJSON())) return true;
  try {
    return String(Array.from(model.encode(PROBE))) === String(Array.from(data.encode(PROBE)));
  } catch (error) {
    // Characters that one of them lacks.
    if (isAttuneError(error, 'INVALID_ARGUMENT')) return false;
    throw error;
  }
}

function describe(config: TrainingConfig, data: TrainingData, model: Gpt2Model): string[] {
  const { data: path, initFrom, blockSize } = config;
  const { nLayer, nHead, nEmbd } = model.config;
  const origin = initFrom === undefined ? '' : `, from ${initFrom}`;
  return [
    `data     ${path ?? 'the embedded stories'}: ${formatCount(data.trainTokens)} tokens, ` +
      `vocabulary of ${formatCount(data.vocabSize)}${data.val ? '' : '; no validation data'}`,
    ...(data.note === undefined ? [] : [`         ${data.note}`]),
    `model    GPT-2, ${formatParameters(parameterCount(model).total)} parameters ` +
      `(${nLayer} layers, ${nHead} heads, ${nEmbd} wide, rows of ${formatCount(blockSize)} tokens)${origin}`,
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

/** Draws a text that continues nothing. The generator is made when it is first needed, and kept. */
function textSampler({
  backend,
  model,
  trainer,
  tokenizer,
  config,
}: {
  readonly backend: Backend;
  readonly model: Gpt2Model;
  readonly trainer: Trainer;
  readonly tokenizer: Tokenizer;
  readonly config: TrainingConfig;
}): Sampler {
  let generator: Promise<Generator> | undefined;
  return {
    title: 'It now writes',
    async draw() {
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
