import type { Checkpoint, HostTensors, State } from '@attune/core';
import { describeLocal, gatherLocal, localSpecs, scatterLocal } from '../distributed/local-checkpoint.js';
import { broadcastJson } from '../distributed/messages.js';
import { gatherSlots, scatterSlots, type ShardedSlots } from '../distributed/sharded-slots.js';
import { broadcastTensors } from '../distributed/tensors-of-ranks.js';
import { slotSpecs, trainable } from '../programs/train.js';
import { ownersOf } from './accumulation.js';
import type { ResolvedTrainerOptions } from './options.js';
import { expectTensors, givenSpecs, readWeights, weightSpecs, writeWeights } from './parameters.js';
import type { Session } from './session.js';

/** A checkpoint without its tensors. */
export type Progress = Omit<Checkpoint, 'parameters' | 'optimizer'>;

/** The tensors of a checkpoint: on rank 0 all of them, on other ranks none. */
export async function readTensors(
  { training, accumulation }: Session,
  options: ResolvedTrainerOptions,
  { step, frozen }: { readonly step: number; readonly frozen: boolean },
): Promise<Pick<Checkpoint, 'parameters' | 'optimizer'>> {
  const { model, communicator } = options;
  const sharded = shardedSlots(options, training);
  const gathered = sharded && (await gatherSlots(sharded));
  const local = accumulation?.local;
  const others = local && (await gatherLocal(local.steps, local.own, local.steps.isWithinRound(step)));
  if (communicator && communicator.rank > 0) return { parameters: {}, optimizer: {} };
  return {
    parameters: await readWeights(training, model, Object.keys(weightSpecs(model, { frozen }))),
    optimizer: { ...(gathered ?? (await training.read(Object.keys(slotSpecs(options))))), ...others },
  };
}

/** The optimizer's tensors, where each rank has some of them. */
function shardedSlots(options: ResolvedTrainerOptions, state: State): ShardedSlots | undefined {
  const { communicator, optimizer } = options;
  const owners = ownersOf(options);
  if (!communicator || !owners) return undefined;
  const bySlot = new Map(
    trainable(options).flatMap((parameter) =>
      Object.keys(optimizer.slots(parameter)).map((slot) => [slot, owners.get(parameter.name)!] as const),
    ),
  );
  return { communicator, state, specs: slotSpecs(options), ownerOf: (slot) => bySlot.get(slot)! };
}

/** The tensors of a checkpoint that a run of these options needs. @throws AttuneError CHECKPOINT_MISMATCH. */
function expected(
  { model, weights, ...options }: ResolvedTrainerOptions,
  { parameters, optimizer }: Checkpoint,
): { readonly values: HostTensors; readonly slots: HostTensors } {
  // Frozen parameters may be left to the pretrained weights.
  const required = weightSpecs(model, { frozen: weights === undefined });
  const given = { ...required, ...givenSpecs(weightSpecs(model), parameters) };
  return {
    values: expectTensors('weights', given, parameters),
    slots: expectTensors('optimizer tensors', slotSpecs({ ...options, model }), optimizer),
  };
}

/**
 * Restores a checkpoint, that of rank 0 on all ranks, and returns the progress that it stands for. What does not belong to
 * this run is refused before anything changes.
 */
export async function restoreTensors(
  open: () => Promise<Session>,
  options: ResolvedTrainerOptions,
  checkpoint: Checkpoint,
): Promise<Progress> {
  const { model, communicator, data } = options;
  const { parameters: _parameters, optimizer, ...own } = checkpoint;
  const isRoot = !communicator || communicator.rank === 0;
  const tensors = isRoot ? expected(options, checkpoint) : undefined;
  const found = { progress: own, described: describeLocal(optimizer) };
  const { progress, described } = communicator ? await broadcastJson(communicator, found) : found;
  const { training, parameters, accumulation } = await open();
  const local = accumulation?.local;
  const extra = local && localSpecs(local.own, local.steps.options.parameters, described);
  const others = extra && isRoot ? expectTensors('tensors of local steps', extra, optimizer) : undefined;
  data.restore(progress.data);
  const sharded = shardedSlots(options, training);
  if (tensors) await writeWeights(training, model, tensors.values);
  if (tensors && !sharded) await training.write(tensors.slots);
  if (communicator) {
    const slots = sharded ? [] : Object.keys(slotSpecs(options));
    await broadcastTensors(communicator, training, [...Object.keys(parameters.spec), ...slots]);
  }
  if (sharded) await scatterSlots(sharded, tensors?.slots);
  if (local) await scatterLocal(local.steps, local.own, described, others);
  return progress;
}
