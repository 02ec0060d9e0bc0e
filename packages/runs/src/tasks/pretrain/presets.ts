import { AttuneError, didYouMean } from '@attune/core';
import type { TrainingConfig } from './fields.js';

interface Preset {
  readonly description: string;
  readonly values: Partial<TrainingConfig>;
}

/** Configurations that are known to work, by name. */
export const presets = {
  stories: {
    description: 'the embedded stories, in one or two minutes on two CPU cores',
    values: {
      blockSize: 64,
      batchSize: 12,
      nLayer: 3,
      nHead: 4,
      nEmbd: 96,
      learningRate: 5e-3,
      minLr: 1e-4,
      warmupIters: 100,
      maxIters: 1600,
      evalInterval: 400,
      evalIters: 20,
      sampleTokens: 120,
    },
  },
  'shakespeare-char-cpu': {
    description: "nanoGPT's small run on Shakespeare's characters, for a CPU",
    values: {
      blockSize: 64,
      batchSize: 12,
      nLayer: 4,
      nHead: 4,
      nEmbd: 128,
      bias: false,
      dropout: 0,
      learningRate: 1e-3,
      minLr: 1e-4,
      warmupIters: 100,
      lrDecayIters: 2000,
      weightDecay: 0.1,
      beta2: 0.99,
      gradClip: 1,
      maxIters: 2000,
      evalInterval: 250,
      evalIters: 20,
    },
  },
  'shakespeare-char': {
    description: "nanoGPT's run on Shakespeare's characters, for a GPU",
    values: {
      blockSize: 256,
      batchSize: 64,
      nLayer: 6,
      nHead: 6,
      nEmbd: 384,
      bias: false,
      dropout: 0.2,
      learningRate: 1e-3,
      minLr: 1e-4,
      warmupIters: 100,
      lrDecayIters: 5000,
      weightDecay: 0.1,
      beta2: 0.99,
      gradClip: 1,
      maxIters: 5000,
      evalInterval: 250,
      evalIters: 200,
    },
  },
  'gpt2-124m': {
    description: "GPT-2's smallest size, with nanoGPT's values for OpenWebText, for a large GPU",
    values: {
      blockSize: 1024,
      batchSize: 12,
      gradientAccumulationSteps: 40,
      nLayer: 12,
      nHead: 12,
      nEmbd: 768,
      bias: false,
      dropout: 0,
      learningRate: 6e-4,
      minLr: 6e-5,
      warmupIters: 2000,
      lrDecayIters: 600_000,
      weightDecay: 0.1,
      beta2: 0.95,
      gradClip: 1,
      maxIters: 600_000,
      evalInterval: 1000,
      evalIters: 200,
      checkpointInterval: 20_000,
    },
  },
} as const satisfies Record<string, Preset>;

/**
 * The values of a preset.
 *
 * @throws AttuneError INVALID_CONFIG with the nearest preset, or the list of them.
 */
export function presetValues(name: string): Partial<TrainingConfig> {
  if (Object.hasOwn(presets, name)) return presets[name as keyof typeof presets].values;
  throw new AttuneError('INVALID_CONFIG', `There is no preset "${name}".`, {
    fix: didYouMean(name, Object.keys(presets)),
  });
}
