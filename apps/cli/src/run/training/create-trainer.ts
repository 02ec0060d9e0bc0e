import type { Backend } from '@attune/core';
import { adamW, cosine, crossEntropy, gpt2, type Gpt2Model } from '@attune/nn';
import type { RunConfig, TrainingConfig } from '@attune/runs';
import { Trainer } from '@attune/train';
import { requireGpt2 } from '../models/model-folder.js';
import type { OpenModel } from '../models/opened-model.js';
import type { TrainingData } from '../pretraining/training-data.js';

/**
 * The model that a configuration describes.
 *
 * @param source a model that is there already: it has its own shape.
 */
export function createModel(
  config: TrainingConfig,
  data: Pick<TrainingData, 'vocabSize'>,
  source: OpenModel | undefined,
): Gpt2Model {
  const { blockSize, nLayer, nHead, nEmbd, bias, activation, dropout } = config;
  return source
    ? gpt2({ ...requireGpt2(source).config, dropout })
    : gpt2({ vocabSize: data.vocabSize, blockSize, nLayer, nHead, nEmbd, bias, activation, dropout });
}

/** What of a trainer a configuration describes, whatever is trained. */
export function trainerSettings(config: RunConfig) {
  const { learningRate: peak, minLr: min, warmupIters, lrDecayIters: decayIters } = config;
  const { beta1, beta2, weightDecay, gradClip, gradientAccumulationSteps, seed } = config;
  const { lossSpikeZScore: zScore, lossSpikeAction: action } = config;
  const learningRate = cosine({ peak, min, warmupIters, decayIters });
  return {
    optimizer: adamW({ learningRate, beta1, beta2, weightDecay }),
    gradClip,
    gradientCheckpointing: config.gradientCheckpointing,
    gradientAccumulationSteps,
    lossSpike: zScore === undefined ? undefined : { zScore, action },
    seed,
  };
}

/**
 * The trainer of a pretraining run, before its first step.
 *
 * @param source where the first weights come from, if not from the initialisers.
 */
export function createTrainer(
  config: TrainingConfig,
  backend: Backend,
  model: Gpt2Model,
  data: TrainingData,
  source?: OpenModel,
): Trainer {
  return new Trainer({
    ...trainerSettings(config),
    backend,
    model: model.train(),
    loss: crossEntropy({ chunkTokens: config.chunkTokens }),
    data: data.train,
    ...(source && { weights: async () => source.tensors }),
  });
}
