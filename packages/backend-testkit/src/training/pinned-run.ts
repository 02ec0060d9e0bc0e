import { hostTensor, type HostTensor, type HostTensors, type Optimizer } from '@attune/core';
import { crossEntropy, gpt2 } from '@attune/nn';
import { loadCase, loadTensors, type FixtureLoader } from '../fixtures/fixtures.js';
import { batchAt } from './batch-at.js';
import type { PinnedAdamW, PinnedSgd } from './pinned-optimizer.js';
import type { TrainingSetup } from './step-programs.js';

/** `case.json` of a fixture `gpt2_training_*`. */
export interface TrainingCase {
  readonly config: {
    readonly vocabSize: number;
    readonly blockSize: number;
    readonly nLayer: number;
    readonly nHead: number;
    readonly nEmbd: number;
    readonly bias: boolean;
    readonly activationFunction: 'gelu' | 'gelu_new';
    readonly layerNormEpsilon: number;
    readonly ignoreIndex: number;
  };
  readonly batch: { readonly steps: number; readonly microBatches: number; readonly batchSize: number };
  readonly optimizer: PinnedAdamW;
  readonly steps: readonly { loss: number; gradNorm: number; lr: number; count: number }[];
  readonly sgd?: PinnedSgd;
  readonly overlap?: { readonly onesMaskLoss: number; readonly noMaskLoss: number };
}

/** A training run that PyTorch made once, and what is needed to make it again. */
export interface PinnedRun {
  readonly case: TrainingCase;
  readonly init: HostTensors;
  readonly batches: HostTensors;
  /** `logits`, and `grad.<name>` before clipping. */
  readonly step0: HostTensors;
}

/** Loads the fixture `gpt2_training_<name>`. */
export async function loadRun(fixtures: FixtureLoader, name: string): Promise<PinnedRun> {
  const folder = `gpt2_training_${name}`;
  return {
    case: await loadCase<TrainingCase>(fixtures, folder),
    init: await loadTensors(fixtures, `${folder}/init.safetensors`),
    batches: await loadTensors(fixtures, `${folder}/batches.safetensors`),
    step0: await loadTensors(fixtures, `${folder}/step0.safetensors`),
  };
}

/** The fixture's model, with the fields of its batches: all of them, or without the mask. */
export function setupOf(
  run: TrainingCase,
  optimizer: Optimizer,
  masked: boolean,
  gradClip: number,
): TrainingSetup {
  const { activationFunction: activation, ignoreIndex, ...config } = run.config;
  const shape = [run.batch.batchSize, run.config.blockSize];
  return {
    model: gpt2({ ...config, activation }).train(),
    loss: crossEntropy({ ignoreIndex }),
    optimizer,
    gradClip,
    batch: {
      x: { shape, dtype: 'i32' },
      y: { shape, dtype: 'i32' },
      ...(masked && { lossMask: { shape, dtype: 'f32' } }),
    },
  };
}

/** Micro-batch `micro` of step `step`: the last axes of the tensors of `batches`. */
export function microBatchOf(run: PinnedRun, setup: TrainingSetup, step: number, micro: number): HostTensors {
  return batchAt(run.batches, setup.batch, step * run.case.batch.microBatches + micro);
}

/**
 * A tensor without its keys' biases. Softmax does not see them, so that their gradient is zero in exact arithmetic, and
 * Adam turns rounding noise into steps.
 */
export function withoutKeyBias(name: string, tensor: HostTensor): HostTensor {
  if (!name.endsWith('c_attn.bias')) return tensor;
  const third = tensor.data.length / 3;
  const kept = [...tensor.data].filter((_, i) => i < third || i >= 2 * third);
  return hostTensor('f32', [kept.length], kept);
}
