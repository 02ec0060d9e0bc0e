import type { Communicator, Executable, HostTensors, Parameter, Program, State } from '@attune/core';
import type { OwnTensors } from '../distributed/local-checkpoint.js';
import { LocalSteps } from '../distributed/local-steps.js';
import { OuterOptimizer } from '../distributed/outer-optimizer.js';
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
  slotSpecs,
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
  /** Does what comes after a step that is done or skipped. @param done steps of the run, this one among them. */
  endStep?(done: number): Promise<void>;
  /** The local steps and their tensors, where ranks take steps by themselves. */
  readonly local?: { readonly steps: LocalSteps; readonly own: OwnTensors };
}

/** The programs that end a step whose gradients were accumulated. */
export interface AccumulationPrograms {
  /** The update. */
  readonly apply: Program;
  /** Abandons a step. */
  readonly clear: Program;
  /**
   * Squares of the gradients of the parameters that this process updates, where processes share parameters out or take steps
   * by themselves. Missing if there are no such parameters.
   */
  readonly squares?: Program;
}

/** The options that decide the tensors and programs of a session. */
export type SessionOptions = TrainObjective &
  Pick<
    ResolvedTrainerOptions,
    'gradientAccumulationSteps' | 'communicator' | 'shardOptimizer' | 'outerSteps'
  >;

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

/** True if each process takes steps by itself, between outer ones. */
const isLocal = ({ communicator, outerSteps }: SessionOptions) =>
  communicator !== undefined && outerSteps > 0;

export function accumulationPrograms(options: SessionOptions): AccumulationPrograms {
  const clear = clearProgram(options);
  if (!ownersOf(options) && !isLocal(options)) return { apply: applyProgram(options), clear };
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
  const { model } = options;
  const programs = accumulationPrograms(options);
  const [apply, clear] = [await cache.compile(programs.apply), await cache.compile(programs.clear)];
  const buffers = model.buffers.map(({ name }) => name).filter((name) => name in microBatch.updates);
  const clearStep = async () => void (await clear.run());
  const parts = {
    state,
    apply,
    buffers,
    ...(programs.squares && { squares: await cache.compile(programs.squares) }),
  };
  const { communicator } = options;
  if (!communicator) return { apply: (scalars) => apply.run(scalars), clear: clearStep };
  if (isLocal(options)) return { ...openLocal(options, communicator, parts), clear: clearStep };
  const owners = ownersOf(options);
  if (owners) return { ...openSharded(options, communicator, owners, parts), clear: clearStep };
  const shared = { sums: Object.keys(accumulatorSpecs(options)), buffers };
  return {
    async apply(scalars) {
      await sumStep(communicator, state, shared);
      return apply.run(scalars);
    },
    clear: clearStep,
  };
}

/** The parts of a session that the end of a step is made of. */
interface Parts {
  readonly state: State;
  readonly apply: Executable;
  readonly squares?: Executable;
  /** Buffers that a step moves. */
  readonly buffers: readonly string[];
}

function openSharded(
  options: SessionOptions,
  communicator: Communicator,
  owners: Owners,
  parts: Parts,
): Pick<Accumulation, 'apply'> {
  const parameters = trainable(options).map(({ name }) => name);
  const update = {
    ...{ ...parts, communicator, parameters },
    owners: parameters.map((name) => owners.get(name)!),
    gradients: parameters.map((name) => accumulatorNames.gradient(name)),
    scalars: [accumulatorNames.numerator, accumulatorNames.count],
  };
  return { apply: (scalars) => applySharded(update, scalars) };
}

function openLocal(
  options: ResolvedTrainerOptions,
  communicator: Communicator,
  { squares, ...parts }: Parts,
): Omit<Accumulation, 'clear'> {
  const { model, outerSteps, outerLearningRate: learningRate, outerMomentum: momentum } = options;
  const trained = trainable(options);
  const moved = [...trained, ...model.buffers.filter(({ name }) => parts.buffers.includes(name))];
  const steps = new LocalSteps({
    ...{ ...parts, communicator, steps: outerSteps },
    parameters: trained.map(({ name }) => name),
    sums: accumulatorNames,
    outer: new OuterOptimizer(trained, { learningRate, momentum }),
    ...(squares && { squares }),
  });
  const specs = moved.map(({ name, shape, dtype }) => [name, { shape, dtype }] as const);
  const own = { slots: slotSpecs(options), model: Object.fromEntries(specs) };
  return {
    apply: (scalars) => steps.apply(scalars),
    endStep: (done) => steps.endStep(done),
    local: { steps, own },
  };
}
