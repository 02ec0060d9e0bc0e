import type { HostTensors, Optimizer } from '@attune/core';
import { cnn, crossEntropy, type CnnConfig, type CnnModel } from '@attune/nn';
import { loadCase, loadTensors, type FixtureLoader } from '../fixtures/fixtures.js';
import { batchAt } from './batch-at.js';
import { adamWOf, sgdOf, type PinnedAdamW, type PinnedSgd } from './pinned-optimizer.js';
import type { TrainingSetup } from './step-programs.js';

/** Where the fixture lies. */
const FOLDER = 'cnn_training';

/** `case.json` of the fixture `cnn_training`. */
export interface CnnCase {
  readonly config: CnnConfig;
  readonly batch: { readonly steps: number; readonly batchSize: number };
  readonly optimizer: PinnedAdamW;
  readonly steps: readonly { loss: number; gradNorm: number }[];
  readonly sgd: PinnedSgd;
}

/** The runs that PyTorch made once, and what is needed to make them again. */
export interface PinnedCnn {
  readonly case: CnnCase;
  /** Parameters and running statistics. */
  readonly init: HostTensors;
  readonly batches: HostTensors;
  /** `logits`, and `grad.<name>` before clipping. */
  readonly step0: HostTensors;
  /** After AdamW: parameters, running statistics, moments, and `evalLogits` of the first batch. */
  readonly final: HostTensors;
  /** After SGD: parameters and running statistics. */
  readonly sgd: HostTensors;
}

/** Loads the fixture `cnn_training`. */
export async function loadCnn(fixtures: FixtureLoader): Promise<PinnedCnn> {
  const tensors = (name: string) => loadTensors(fixtures, `${FOLDER}/${name}.safetensors`);
  return {
    case: await loadCase<CnnCase>(fixtures, FOLDER),
    init: await tensors('init'),
    batches: await tensors('batches'),
    step0: await tensors('step0'),
    final: await tensors('final'),
    sgd: await tensors('sgd'),
  };
}

/** The fixture's model under an optimizer. */
export function cnnSetup(
  { config, batch }: CnnCase,
  optimizer: Optimizer,
  gradClip: number,
): TrainingSetup & { readonly model: CnnModel } {
  const { imageChannels, imageSize } = config;
  return {
    model: cnn(config).train(),
    loss: crossEntropy({ target: 'label' }),
    optimizer,
    gradClip,
    batch: {
      x: { shape: [batch.batchSize, imageChannels, imageSize, imageSize], dtype: 'f32' },
      label: { shape: [batch.batchSize], dtype: 'i32' },
    },
  };
}

/** The fixture's two runs: how each is made, and what came of it. */
export function cnnRuns(run: CnnCase) {
  return {
    adamW: { optimizer: adamWOf(run), gradClip: run.optimizer.gradClip },
    sgd: { optimizer: sgdOf(run.sgd), gradClip: run.sgd.gradClip },
  };
}

/** The batch of a step. */
export function cnnBatch({ batches }: PinnedCnn, { batch }: TrainingSetup, step: number): HostTensors {
  return batchAt(batches, batch, step);
}

/** A configuration like that of the fixture. */
export const sampleCnnCase: CnnCase = {
  config: { numLabels: 3, imageSize: 9, imageChannels: 2, channels: [4, 6] },
  batch: { steps: 10, batchSize: 6 },
  optimizer: {
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.1,
    schedule: { peak: 1e-2, min: 1e-3, warmupIters: 3, decayIters: 10 },
    gradClip: 1,
  },
  steps: [],
  sgd: { learningRate: 0.05, momentum: 0.9, gradClip: 1, steps: [] },
};
