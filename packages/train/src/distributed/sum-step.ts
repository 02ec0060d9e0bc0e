import type { Communicator, SharedNumbers, State } from '@attune/core';
import { changeTensors, numbersOf } from './tensors-of-ranks.js';

/** Names of tensors that ranks bring together at the end of a step. */
export interface SharedTensors {
  /** Sums of gradients, losses and targets: added up. */
  readonly sums: readonly string[];
  /**
   * Buffers that the step has moved, the running statistics of batch norm: each becomes the mean of all ranks. PyTorch's DDP
   * takes those of rank 0 instead, which have seen that rank's rows alone.
   */
  readonly buffers: readonly string[];
}

/** Adds up over all ranks what each has accumulated of a step, by one call. */
export async function sumStep(
  communicator: Communicator,
  state: State,
  { sums, buffers }: SharedTensors,
): Promise<void> {
  const names = [...sums, ...buffers];
  await changeTensors(state, names, async (tensors) => {
    await communicator.allReduceSum(numbersOf(tensors, names));
    divideBy(communicator.size, numbersOf(tensors, buffers));
  });
}

/** Divides numbers in place: a sum over ranks becomes their mean. */
export function divideBy(divisor: number, arrays: readonly SharedNumbers[]): void {
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++) array[i]! /= divisor;
  }
}
