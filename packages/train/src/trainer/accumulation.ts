import type { HostTensors, Parameter, Program, State } from '@attune/core';
import { assignOwners, type Owners } from '../distributed/owners.js';
import { applySharded } from '../distributed/sharded-update.js';
import { sumStep } from '../distributed/sum-step.js';
import type { ProgramCache } from '../programs/program-cache.js';
import { applyShardProgram, squaresProgram } from '../programs/shard.js';
import {
  accumulatorNames,
  accumulatorSpecs,
  applyProgram,
  clearProgram,
  trainable,
  type TrainObjective,
} from '../programs/train.js';
import type { ResolvedTrainerOptions } from './options.js';

/** A step whose batches are accumulated before it ends. */
export interface Accumulation {
  /** Ends it: adds up what processes have, and updates. The outputs are those of a step. */
  apply(scalars: HostTensors): Promise<HostTensors>;
  /** Abandons it, after it was not accepted or not filled. */
  clear(): Promise<void>;
}

/** The programs of an {@link Accumulation}. */
export interface AccumulationPrograms {
  /** The update. */
  readonly apply: Program;
  /** Abandons a step. */
  readonly clear: Program;
  /** Where each process updates some parameters: the norm of their gradients. Missing if it has none. */
  readonly squares?: Program;
}

/** The options that decide the tensors and programs of a session. */
export type SessionOptions = TrainObjective &
  Pick<ResolvedTrainerOptions, 'gradientAccumulationSteps' | 'communicator' | 'shardOptimizer'>;

/** True where several batches or processes make a step. */
export const accumulates = ({ gradientAccumulationSteps, communicator }: SessionOptions) =>
  gradientAccumulationSteps > 1 || communicator !== undefined;

/** The rank of each parameter, where the optimizer is sharded. */
export function ownersOf(options: SessionOptions): Owners | undefined {
  const { communicator, shardOptimizer } = options;
  return communicator && shardOptimizer ? assignOwners(trainable(options), communicator.size) : undefined;
}

/** The parameters that this process updates. */
export function ownedParameters(options: SessionOptions): readonly Parameter[] {
  const owners = ownersOf(options);
  const all = trainable(options);
  return owners ? all.filter(({ name }) => owners.get(name) === options.communicator?.rank) : all;
}

export function accumulationPrograms(options: SessionOptions): AccumulationPrograms {
  const clear = clearProgram(options);
  if (!ownersOf(options)) return { apply: applyProgram(options), clear };
  const owned = ownedParameters(options);
  return {
    apply: applyShardProgram(options, owned),
    clear,
    ...(owned.length > 0 && { squares: squaresProgram(options, owned) }),
  };
}

/**
 * Compiles what ends a step.
 *
 * @param microBatch the program of its micro-batches.
 */
export async function openAccumulation(
  options: ResolvedTrainerOptions,
  state: State,
  cache: ProgramCache,
  microBatch: Program,
): Promise<Accumulation> {
  const { communicator, model } = options;
  const programs = accumulationPrograms(options);
  const [apply, clear] = [await cache.compile(programs.apply), await cache.compile(programs.clear)];
  const buffers = model.buffers.map(({ name }) => name).filter((name) => name in microBatch.updates);
  const clearStep = async () => void (await clear.run());
  const owners = ownersOf(options);
  if (!communicator || !owners) {
    const shared = { sums: Object.keys(accumulatorSpecs(options)), buffers };
    return {
      async apply(scalars) {
        if (communicator) await sumStep(communicator, state, shared);
        return apply.run(scalars);
      },
      clear: clearStep,
    };
  }
  const parameters = trainable(options).map(({ name }) => name);
  const update = {
    ...{ communicator, state, parameters, buffers, apply },
    owners: parameters.map((name) => owners.get(name)!),
    gradients: parameters.map((name) => accumulatorNames.gradient(name)),
    scalars: [accumulatorNames.numerator, accumulatorNames.count],
    ...(programs.squares && { squares: await cache.compile(programs.squares) }),
  };
  return { apply: (scalars) => applySharded(update, scalars), clear: clearStep };
}
