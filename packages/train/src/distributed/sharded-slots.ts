import {
  zeros,
  type Communicator,
  type HostTensor,
  type HostTensors,
  type State,
  type TensorSpecs,
} from '@attune/core';
import { bytesOf } from './tensors-of-ranks.js';

/** An optimizer's tensors that lie on one rank each. */
export interface ShardedSlots {
  readonly communicator: Communicator;
  readonly state: State;
  /** Specs of all of them, in the same order on all ranks. */
  readonly specs: TensorSpecs;
  /** The rank that has a tensor. */
  readonly ownerOf: (slot: string) => number;
}

/** Copies all tensors to rank 0, one after the other. Other ranks get none. */
export async function gatherSlots({
  communicator,
  state,
  specs,
  ownerOf,
}: ShardedSlots): Promise<HostTensors> {
  const { rank } = communicator;
  const gathered: Record<string, HostTensor> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const owner = ownerOf(name);
    const tensor = owner === rank ? (await state.read([name]))[name]! : zeros(spec);
    if (owner !== 0) await communicator.broadcast(bytesOf(tensor.data), owner);
    if (rank === 0) gathered[name] = tensor;
  }
  return gathered;
}

/** Gives each rank the tensors that it owns. @param values those of rank 0; other ranks have none. */
export async function scatterSlots(
  { communicator, state, specs, ownerOf }: ShardedSlots,
  values: HostTensors | undefined,
): Promise<void> {
  for (const [name, spec] of Object.entries(specs)) {
    const owner = ownerOf(name);
    const tensor = values?.[name] ?? zeros(spec);
    if (owner !== 0) await communicator.broadcast(bytesOf(tensor.data), 0);
    if (owner === communicator.rank) await state.write({ [name]: tensor });
  }
}
