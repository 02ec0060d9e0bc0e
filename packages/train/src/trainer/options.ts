import {
  AttuneError,
  type Backend,
  type Communicator,
  type Dataset,
  type TensorSource,
  type Loss,
  type Model,
  type Optimizer,
} from '@attune/core';
import { checkShares } from '../distributed/share.js';
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
  /**
   * The processes that share each step's batches; `gradientAccumulationSteps` and the data's batch size are those of all of
   * them together. Every rank makes a trainer of the same options, and calls `fit`, `evaluate`, `checkpoint` and
   * `restore` in the same order as the others. A checkpoint is whole on rank 0, and has no tensors elsewhere; `restore` takes that
   * of rank 0. Where a rank's call throws, the others may wait for it: call the communicator's `abort` then. Default: one process,
   * and the same for a communicator of one rank.
   */
  readonly communicator?: Communicator;
  /**
   * Keeps the optimizer's tensors of each parameter on one rank only. Without effect in one process. Default false.
   */
  readonly shardOptimizer?: boolean;
  /**
   * Lets each rank take this many steps by itself, on its share of the batches, before parameters are brought together by an
   * outer step; 0 adds gradients up in every step. Without effect in one process. Default 0.
   */
  readonly outerSteps?: number;
  /** The learning rate of outer steps. Default 0.7. */
  readonly outerLearningRate?: number;
  /** The Nesterov momentum of outer steps. Default 0.9. */
  readonly outerMomentum?: number;
}

type Optional = 'lossSpike' | 'weights' | 'communicator';

/** With the defaults filled in. A communicator of one rank is none. */
export type ResolvedTrainerOptions = Required<Omit<TrainerOptions, Optional>> &
  Pick<TrainerOptions, Optional>;

/** @throws AttuneError INVALID_CONFIG that names the value. */
export function resolveOptions(options: TrainerOptions): ResolvedTrainerOptions {
  const { communicator } = options;
  const resolved = {
    gradClip: 1,
    gradientAccumulationSteps: 1,
    gradientCheckpointing: false,
    seed: 1337,
    shardOptimizer: false,
    outerSteps: 0,
    outerLearningRate: 0.7,
    outerMomentum: 0.9,
    ...options,
    communicator: communicator && communicator.size > 1 ? communicator : undefined,
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
  checkDistribution(resolved);
  if (resolved.communicator) checkShares(resolved.communicator, gradientAccumulationSteps, options.data.spec);
  return resolved;
}

/** Refuses what cannot be shared, in one process, too: the same settings work on any number of ranks, or on none. */
function checkDistribution({
  shardOptimizer,
  outerSteps,
  outerLearningRate,
  outerMomentum,
}: Pick<
  ResolvedTrainerOptions,
  'shardOptimizer' | 'outerSteps' | 'outerLearningRate' | 'outerMomentum'
>): void {
  const refuse = (message: string, fix?: string) => {
    throw new AttuneError('INVALID_CONFIG', message, { ...(fix && { fix }) });
  };
  if (!Number.isInteger(outerSteps) || outerSteps < 0)
    refuse(`outerSteps must be an integer of 0 or more, but is ${outerSteps}.`);
  if (!(outerLearningRate > 0 && outerLearningRate < Infinity))
    refuse(`outerLearningRate must be above 0, but is ${outerLearningRate}.`);
  if (!(outerMomentum >= 0 && outerMomentum < 1))
    refuse(`outerMomentum must be in [0, 1), but is ${outerMomentum}.`);
  if (shardOptimizer && outerSteps > 0)
    refuse(
      'shardOptimizer and outerSteps exclude each other: with outerSteps, each rank has an optimizer of its own.',
      'Leave one of them out.',
    );
}
