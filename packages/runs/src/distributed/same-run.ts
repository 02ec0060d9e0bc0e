import { AttuneError } from '@attune/core';
import { checkRowsForRanks } from '@attune/train';
import type { RunOrigin } from '../record/run-record.js';
import type { RunConfig } from '../settings/shared-fields.js';
import { flagOf } from '../settings/spelling.js';
import type { Ranks } from './ranks.js';

/** A run that is about to train, as one rank has it. */
export interface SetUpRun {
  readonly config: object;
  readonly origin: RunOrigin;
  /** The step that it goes on from. */
  readonly step: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The facts that all ranks have to share, by what they are called. */
function factsOf({ config, origin, step, versions }: SetUpRun): Readonly<Record<string, unknown>> {
  const { hashes, base } = origin;
  return {
    ...Object.fromEntries(Object.entries(config).map(([key, value]) => [flagOf(key), value])),
    'the hash of the training data': hashes.train,
    'the hash of the validation data': hashes.val,
    'the hash of the model': base,
    'the step to go on from': step,
    'the version of attune': versions['attune'],
  };
}

/**
 * Checks that all ranks are about to do what rank 0 does, with the same data. Engines may differ: trainers deal with that.
 *
 * @throws AttuneError RANKS_DISAGREE that names what differs; OtherRankFailed.
 */
export async function checkSameRun(ranks: Ranks | undefined, setUp: SetUpRun): Promise<void> {
  if (!ranks) return;
  const facts = factsOf(setUp);
  const led = JSON.parse(await ranks.share(JSON.stringify(facts))) as typeof facts;
  const written = (value: unknown) => JSON.stringify(value) ?? 'not set';
  const faults = Object.keys({ ...led, ...facts })
    .map((name) => ({ name, here: written(facts[name]), there: written(led[name]) }))
    .filter(({ here, there }) => here !== there)
    .map(({ name, here, there }) => `${name} is ${here}, but ${there} on rank 0`);
  // None goes on, rank 0 least of all, before every rank has found it so.
  if (faults.length === 0) return ranks.meet();
  throw new AttuneError('RANKS_DISAGREE', `The ranks would not train the same model: ${faults.join('; ')}.`, {
    fix: 'Every machine needs the same attune, and the same data, models and runs at the same paths.',
  });
}

/** Checks that a step has rows for all ranks, before anything is written. @throws AttuneError INVALID_CONFIG. */
export function checkShares(
  ranks: Ranks | undefined,
  { gradientAccumulationSteps, batchSize }: Pick<RunConfig, 'gradientAccumulationSteps' | 'batchSize'>,
): void {
  if (ranks) checkRowsForRanks(ranks.communicator.size, gradientAccumulationSteps, batchSize);
}
