import {
  hostTensor,
  zeros,
  type HostTensor,
  type HostTensors,
  type TensorSpec,
  type TensorSpecs,
} from '@attune/core';
import type { LocalSteps } from './local-steps.js';
import { bytesOf } from './tensors-of-ranks.js';

/** The tensors that each rank has of its own between two outer steps. */
export interface OwnTensors {
  /** The optimizer's. */
  readonly slots: TensorSpecs;
  /** Parameters that are trained, and buffers that move: of its own only within a round. */
  readonly model: TensorSpecs;
}

/** Says which tensors of its own a checkpoint has of local steps. JSON-serialisable. */
export interface LocalCheckpoint {
  /** Ranks whose tensors it has. */
  readonly workers: number;
  /** True if it was taken within a round. */
  readonly withinRound: boolean;
  /** True if it has the momentum of outer steps. */
  readonly hasMomentum: boolean;
}

const MOMENTUM = 'outer.momentum.';
const COMMON = 'outer.parameter.';

/** Names of a rank's own tensors in a checkpoint, where its rank is not 0: by what they are called on the rank. */
function workerNames(worker: number, { slots, model }: OwnTensors, withinRound: boolean): [string, string][] {
  const own = Object.keys(slots).map((name): [string, string] => [name, `worker.${worker}.${name}`]);
  const parts = Object.keys(model).map((name): [string, string] => [
    name,
    `worker.${worker}.parameter.${name}`,
  ]);
  return withinRound ? [...own, ...parts] : own;
}

/** Looks at the names of the optimizer's tensors of a checkpoint. */
export function describeLocal(optimizer: HostTensors): LocalCheckpoint {
  const names = Object.keys(optimizer);
  const workers = names.flatMap((name) => /^worker\.(\d{1,6})\./.exec(name)?.[1] ?? []);
  const begins = (prefix: string) => names.some((name) => name.startsWith(prefix));
  return {
    workers: new Set(workers).size + 1,
    withinRound: begins(COMMON),
    hasMomentum: begins(MOMENTUM),
  };
}

/** Specs of the tensors that a checkpoint of local steps has beside those of rank 0. */
export function localSpecs(
  own: OwnTensors,
  parameters: readonly string[],
  { workers, withinRound, hasMomentum }: LocalCheckpoint,
): TensorSpecs {
  const all = { ...own.slots, ...own.model };
  const specs: Record<string, TensorSpec> = {};
  for (let worker = 1; worker < workers; worker++) {
    for (const [name, saved] of workerNames(worker, own, withinRound)) specs[saved] = all[name]!;
  }
  for (const name of parameters) {
    if (hasMomentum) specs[MOMENTUM + name] = all[name]!;
    if (withinRound) specs[COMMON + name] = all[name]!;
  }
  return specs;
}

/**
 * Copies to rank 0 the tensors that a run of local steps needs to go on exactly: the outer momentum, the optimizer's tensors
 * of each rank and, within a round, each rank's parameters and the last common ones. They are in rank 0's memory together.
 * Other ranks get none.
 */
export async function gatherLocal(
  { options }: LocalSteps,
  own: OwnTensors,
  withinRound: boolean,
): Promise<HostTensors> {
  const { communicator, state, parameters, outer } = options;
  const all = { ...own.slots, ...own.model };
  const gathered: Record<string, HostTensor> = {};
  for (let worker = 1; worker < communicator.size; worker++) {
    for (const [name, saved] of workerNames(worker, own, withinRound)) {
      const mine = worker === communicator.rank;
      const tensor = mine ? (await state.read([name]))[name]! : zeros(all[name]!);
      await communicator.broadcast(bytesOf(tensor.data), worker);
      if (communicator.rank === 0) gathered[saved] = tensor;
    }
  }
  if (communicator.rank > 0) return {};
  parameters.forEach((name, i) => {
    const { shape } = own.model[name]!;
    gathered[MOMENTUM + name] = hostTensor('f32', shape, outer.momentum[i]!.slice());
    if (withinRound) gathered[COMMON + name] = hostTensor('f32', shape, outer.common![i]!.slice());
  });
  return gathered;
}

/**
 * Gives each rank what it had, after all ranks got what rank 0 had. Rank `r` of another number of ranks takes what rank
 * `r mod workers` had; the outer momentum begins as zeros where there is none.
 *
 * @param values the optimizer's tensors of the checkpoint, on rank 0.
 */
export async function scatterLocal(
  { options }: LocalSteps,
  own: OwnTensors,
  { workers, withinRound, hasMomentum }: LocalCheckpoint,
  values: HostTensors | undefined,
): Promise<void> {
  const { communicator, state, parameters, outer } = options;
  const all = { ...own.slots, ...own.model };
  const receive = async (saved: string, name: string) => {
    const tensor = values?.[saved] ?? zeros(all[name]!);
    await communicator.broadcast(bytesOf(tensor.data), 0);
    return tensor;
  };
  for (let rank = 1; rank < communicator.size; rank++) {
    const worker = rank % workers;
    if (worker === 0) continue;
    for (const [name, saved] of workerNames(worker, own, withinRound)) {
      const tensor = await receive(saved, name);
      if (rank === communicator.rank) await state.write({ [name]: tensor });
    }
  }
  const common: Float32Array[] = [];
  for (const [i, name] of parameters.entries()) {
    if (hasMomentum) outer.momentum[i]!.set((await receive(MOMENTUM + name, name)).data);
    else outer.momentum[i]!.fill(0);
    if (withinRound) common.push(Float32Array.from((await receive(COMMON + name, name)).data));
  }
  outer.common = withinRound ? common : undefined;
}
