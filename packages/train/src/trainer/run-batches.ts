import { hostTensor, Random, type Batch, type HostTensors } from '@attune/core';
import { SEED_FEED } from '@attune/nn';
import { feedsOf, specsOf } from '../programs/forward.js';
import type { ResolvedTrainerOptions } from './options.js';
import type { Session } from './session.js';

/** The stream of random numbers that dropout's seeds are drawn from. */
const DROPOUT_STREAM = 0xd20;

/** The micro-batches of a step that this process has run. */
export interface BatchesRun {
  /** The feeds of each. */
  readonly feeds: readonly Batch[];
  /** The outputs of the last: those of the whole step, where it is one. */
  readonly outputs: HostTensors;
}

/** The step whose micro-batches are run. */
export interface StepToRun {
  /** Counted from 0. */
  readonly step: number;
  /** The random seed of the run. */
  readonly seed: number;
  /** Feeds of an update, e.g. the learning rate. */
  readonly scalars: HostTensors;
}

/**
 * Runs this process's part of the batches of a step: all of it, or what comes before its update. `undefined` if the data ends
 * among them. Where that or a failure breaks the step off, accumulators and data are as before it.
 *
 * Batches of other ranks are taken from the data and dropped, so that all ranks stand at the same place in it.
 */
export async function runBatches(
  session: Session,
  options: ResolvedTrainerOptions,
  batches: AsyncIterator<Batch>,
  { step, seed, scalars }: StepToRun,
): Promise<BatchesRun | undefined> {
  const { accumulation, share } = session;
  const { data, gradientAccumulationSteps } = options;
  const cursor = data.state();
  const breakOff = async () => {
    await accumulation?.clear();
    data.restore(cursor);
  };
  const all: Batch[] = [];
  let [before, running]: (Promise<HostTensors> | undefined)[] = [];
  try {
    for (let micro = 0; micro < gradientAccumulationSteps; micro++) {
      const { value: batch, done } = await batches.next();
      if (done) {
        await running;
        await breakOff();
        return undefined;
      }
      const fields = share.take(feedsOf(batch, data.spec), micro);
      if (!fields) continue;
      const microBatch = await session.microBatch(specsOf(fields));
      const feeds = withSeed(fields, microBatch.program.feeds, seed, share.numberOf(step, micro));
      all.push(feeds);
      // One runs while the next is fetched and queued. More in the queue would only take memory.
      await before;
      before = running;
      running = microBatch.run(accumulation ? feeds : { ...feeds, ...scalars });
      running.catch(() => undefined);
    }
    // All are waited for: one that was refused must not be missing from its step.
    await before;
    return { feeds: all, outputs: (await running) ?? {} };
  } catch (error) {
    // Where the State is lost, there is nothing to put back.
    await breakOff().catch(() => undefined);
    throw error;
  }
}

/** Adds the seed of dropout's masks, where the program takes one: another for each micro-batch of the run. */
function withSeed(feeds: Batch, taken: object, seed: number, number: number): Batch {
  if (!(SEED_FEED in taken)) return feeds;
  const drawn = new Random(seed, DROPOUT_STREAM, 4 * number).uint32();
  return { ...feeds, [SEED_FEED]: hostTensor('i32', [], Int32Array.of(drawn)) };
}
