import {
  AttuneError,
  type Backend,
  type Dataset,
  type TensorSource,
  type Loss,
  type Model,
  type Optimizer,
} from '@attune/core';
import type { LossSpikeOptions } from './loss-spike.js';

/** The parts and options of a training run. */
export interface TrainerOptions {
  readonly backend: Backend;
  readonly model: Model;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly data: Dataset;
  /**
   * Reads pretrained tensors, by name, when the device is ready for them; they are not kept. Parameters that are not among
   * them begin as their initialisers say. Default: all do.
   */
  readonly weights?: () => Promise<TensorSource>;
  /** Largest global norm of the gradient; 0 leaves it as it is. Default 1. */
  readonly gradClip?: number;
  /**
   * Computes the blocks of the model again in the backward pass, rather than keep what is in them: less memory, for about a
   * third more time. The numbers are the same. Default false.
   */
  readonly gradientCheckpointing?: boolean;
  /** Batches whose gradients are added up before each update. Default 1. */
  readonly gradientAccumulationSteps?: number;
  /** The guard against a step whose loss is far above the recent ones. Default: none. */
  readonly lossSpike?: LossSpikeOptions;
  /** The random seed of initial parameters and dropout. Default 1337. */
  readonly seed?: number;
}

/** With the defaults filled in. */
export type ResolvedTrainerOptions = Required<Omit<TrainerOptions, 'lossSpike' | 'weights'>> &
  Pick<TrainerOptions, 'lossSpike' | 'weights'>;

/** @throws AttuneError INVALID_CONFIG that names the value. */
export function resolveOptions(options: TrainerOptions): ResolvedTrainerOptions {
  const resolved = {
    gradClip: 1,
    gradientAccumulationSteps: 1,
    gradientCheckpointing: false,
    seed: 1337,
    ...options,
  };
  const { gradClip, gradientAccumulationSteps } = resolved;
  if (!Number.isInteger(gradientAccumulationSteps) || gradientAccumulationSteps < 1) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `gradientAccumulationSteps must be a positive integer, but is ${gradientAccumulationSteps}.`,
    );
  }
  if (!(gradClip >= 0))
    throw new AttuneError('INVALID_CONFIG', `gradClip must be 0 or more, but is ${gradClip}.`);
  return resolved;
}
