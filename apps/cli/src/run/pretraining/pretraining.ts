import type { Backend } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import { parameterCount, type Gpt2Model } from '@attune/nn';
import { createGenerator, type Generator, type Trainer } from '@attune/train';
import type { TrainingConfig } from '../../config/training-fields.js';
import { createModel, createTrainer } from '../training/create-trainer.js';
import { formatCount, formatParameters } from '../format.js';
import { modelSaver, requireGpt2 } from '../models/model-folder.js';
import type { OpenModel } from '../models/opened-model.js';
import { emptyPrompt, generateText } from '../generation/text-generation.js';
import { tokenizerFiles } from '../models/tokenizer-folder.js';
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

/** Pretraining as something to train: a GPT-2 on windows of tokens. */
export function pretrainingJob({ config, backend, data, source, resumes }: PretrainingParts): TrainingJob {
  const model = createModel(config, data, source);
  const trainer = createTrainer(config, backend, model, data, resumes ? undefined : source);
  const { tokenizer, hashes, val } = data;
  const samples = tokenizer && config.sampleTokens > 0;
  return {
    trainer,
    hashes,
    saver: modelSaver({
      // A model that was there before keeps its own dropout, whatever this run trains with.
      config: { ...model.config, ...(source && { dropout: requireGpt2(source).config.dropout }) },
      files: tokenizer ? tokenizerFiles(tokenizer, model.config.vocabSize) : {},
    }),
    description: describe(config, data, model),
    generates: tokenizer !== null,
    predictsTokens: true,
    ...(val && { evaluate: evaluator(trainer, val, config.evalIters) }),
    ...(samples && { sampler: textSampler({ backend, model, trainer, tokenizer, config }) }),
  };
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
