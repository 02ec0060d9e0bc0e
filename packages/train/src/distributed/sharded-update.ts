import { item, scalar, type Communicator, type Executable, type HostTensors, type State } from '@attune/core';
import { normOf } from './norm.js';
import { divideBy } from './sum-step.js';
import { changeTensors, numbersOf } from './tensors-of-ranks.js';

/** An update of which each rank does a part: its own parameters, whose optimizer tensors it alone has. */
export interface ShardedUpdate {
  readonly communicator: Communicator;
  readonly state: State;
  /** Parameters that are trained, in the order of the model. */
  readonly parameters: readonly string[];
  /** The rank of each. */
  readonly owners: readonly number[];
  /** The accumulated gradient of each. */
  readonly gradients: readonly string[];
  /** Names of the accumulated numerator and count. */
  readonly scalars: readonly string[];
  /** Buffers that the step has moved. */
  readonly buffers: readonly string[];
  /** The squares of this rank's gradients; missing where it owns no parameter. */
  readonly squares?: Executable;
  /** The update of this rank's parameters. */
  readonly apply: Executable;
}

/**
 * Ends a step: gradients go to their owners, who agree on the norm of all of them, update their parameters, and give them to
 * the others. The norm is added up in the order of the model, as one process does it. So the update is that of an unsharded run
 * to the bit, unless the engine adds up the squares of a tensor in another order in this program than in that of a whole update.
 *
 * Nobody updates where anybody would not: the guard looks at numbers that are the same everywhere.
 */
export async function applySharded(update: ShardedUpdate, feeds: HostTensors): Promise<HostTensors> {
  const { communicator, state, parameters, owners, gradients, scalars, buffers } = update;
  const whole = [...scalars, ...buffers];
  await changeTensors(state, [...gradients, ...whole], async (tensors) => {
    await communicator.reduceScatterSum(numbersOf(tensors, gradients), owners);
    await communicator.allReduceSum(numbersOf(tensors, whole));
    divideBy(communicator.size, numbersOf(tensors, buffers));
  });
  const gradNorm = await normOverRanks(update);
  const outputs = await update.apply.run({ ...feeds, gradNorm: scalar(gradNorm) });
  if (item(outputs['accepted']) !== 0) {
    await changeTensors(state, parameters, (tensors) =>
      communicator.allGather(numbersOf(tensors, parameters), owners),
    );
  }
  return outputs;
}

/** The norm of the mean gradient, from the squares that each rank has of its own. */
async function normOverRanks({ communicator, owners, squares }: ShardedUpdate): Promise<number> {
  const own = squares ? (await squares.run())['squares']!.data : [];
  const all = new Float64Array(owners.length);
  let next = 0;
  owners.forEach((owner, i) => {
    if (owner === communicator.rank) all[i] = own[next++]!;
  });
  await communicator.allReduceSum([all]);
  return normOf(all);
}
