import { AttuneError } from '@attune/core';
import {
  causalLmFamilies,
  causalLmFamilyOf,
  languageModel,
  type Gpt2Config,
  type LanguageModel,
  type LanguageModelConfig,
  type LlamaConfig,
} from '@attune/nn';
import { flagOf } from '../../settings/spelling.js';
import { trainingFields, type TrainingConfig } from './fields.js';

type Key = keyof TrainingConfig;

/** How settings describe the models of an architecture. */
interface Architecture<Config extends LanguageModelConfig> {
  /** Settings that other architectures have not. */
  readonly own: readonly Key[];
  /** The settings of a model beside the sizes that all families have. */
  options(config: TrainingConfig): Partial<Config>;
  /** The settings that a model fixes, beside the sizes that all have. */
  settings(model: Config): Partial<TrainingConfig>;
}

const gpt2: Architecture<Gpt2Config> = {
  own: ['bias', 'activation'],
  options: ({ bias, activation, dropout }) => ({ bias, activation, dropout }),
  settings: ({ bias, activation, tieEmbeddings = true }) => ({ bias, activation, tieEmbeddings }),
};

const llama: Architecture<LlamaConfig> = {
  own: ['nKvHead', 'headDim', 'intermediateSize', 'ropeTheta', 'rmsNormEpsilon'],
  options: ({ nKvHead, headDim, intermediateSize, ropeTheta, rmsNormEpsilon, dropout }) => ({
    ...{ nKvHead, headDim, intermediateSize, rmsNormEpsilon },
    rope: ropeTheta === undefined ? undefined : { theta: ropeTheta, scaling: { type: 'default' } },
    attentionDropout: dropout,
  }),
  settings: ({ nKvHead, headDim, intermediateSize, rope, rmsNormEpsilon, tieEmbeddings }) => ({
    ...{ nKvHead, headDim, intermediateSize, rmsNormEpsilon, tieEmbeddings },
    ropeTheta: rope.theta,
  }),
};

const architectures = { gpt2, llama };

/**
 * The model that settings describe.
 *
 * @throws AttuneError INVALID_CONFIG that names a value and what it must be.
 */
export function modelOfSettings(config: TrainingConfig, vocabSize: number): LanguageModel {
  const { family, blockSize, nLayer, nHead, nEmbd, tieEmbeddings } = config;
  const options = architectures[causalLmFamilyOf(config).architecture].options(config);
  return languageModel({
    ...{ family, vocabSize, blockSize, nLayer, nHead, nEmbd, tieEmbeddings },
    ...options,
  } as LanguageModelConfig);
}

/** A pretrained model with the dropout of a run in place of its own. */
export function modelToContinue(model: LanguageModelConfig, { dropout }: TrainingConfig): LanguageModel {
  const family = causalLmFamilyOf(model);
  return languageModel(family.withDropout(model, dropout));
}

/** The settings that a pretrained model fixes. Its dropout and its block size are no part of its shape. */
export function shapeOf(model: LanguageModelConfig): Partial<TrainingConfig> {
  const { family, vocabSize, nLayer, nHead, nEmbd } = model;
  const architecture = architectures[causalLmFamilies[family].architecture];
  return { family, vocabSize, nLayer, nHead, nEmbd, ...architecture.settings(model as never) };
}

/** Every setting that some model fixes. */
export const shapeKeys: readonly Key[] = [
  ...(['family', 'vocabSize', 'nLayer', 'nHead', 'nEmbd', 'tieEmbeddings'] as const),
  ...Object.values(architectures).flatMap(({ own }) => own),
];

/**
 * Checks that settings describe a model.
 *
 * @throws AttuneError INVALID_CONFIG for a setting that the family has not, or whose value does not go with the others.
 */
export function checkShape(config: TrainingConfig): void {
  const { initFrom, family, nEmbd, nHead } = config;
  const { architecture } = causalLmFamilyOf(config);
  const isGiven = (key: Key) => config[key] !== undefined && config[key] !== trainingFields[key].default;
  for (const [name, { own }] of Object.entries(architectures)) {
    // The family of a model to go on with is not known yet.
    const foreign = name === architecture || initFrom !== undefined ? undefined : own.find(isGiven);
    if (foreign === undefined) continue;
    const families = Object.values(causalLmFamilies).filter((one) => one.architecture === name);
    throw new AttuneError(
      'INVALID_CONFIG',
      `${foreign} goes with the families ${families.map((one) => one.name).join(', ')}, but the family is ${family}.`,
      { fix: `Leave out ${flagOf(foreign)}, or name another --family.` },
    );
  }
  if (config.headDim === undefined && nEmbd % nHead !== 0) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `The width must be a multiple of the heads, but nEmbd is ${nEmbd} and nHead is ${nHead}.`,
      { fix: `Try --n-embd ${Math.ceil(nEmbd / nHead) * nHead}.` },
    );
  }
  if (initFrom === undefined) modelOfSettings(config, config.vocabSize ?? 1);
}
