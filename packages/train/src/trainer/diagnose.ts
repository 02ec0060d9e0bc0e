import type { Batch } from '@attune/core';
import { feedsOf, specsOf } from '../programs/forward.js';
import { diagnoseProgram } from '../programs/train.js';
import type { ResolvedTrainerOptions } from './options.js';
import type { Session } from './session.js';

/**
 * Says which tensor is the first, in the order of the model, that is NaN or infinite for one of the batches; `undefined` if
 * there is none.
 */
export async function firstNonFinite(
  session: Session,
  options: ResolvedTrainerOptions,
  batches: readonly Batch[],
): Promise<string | undefined> {
  for (const feeds of batches) {
    const found = await nonFiniteIn(session, options, feeds);
    if (found) return found;
  }
  return undefined;
}

async function nonFiniteIn(
  session: Session,
  options: ResolvedTrainerOptions,
  feeds: Batch,
): Promise<string | undefined> {
  const program = await options.backend.compile(
    diagnoseProgram(options, specsOf(feedsOf(feeds, options.data.spec))),
    session.parameters,
  );
  try {
    const norms = Object.entries(await program.run(feeds));
    const bad = (which: 0 | 1) => norms.find(([, { data }]) => !Number.isFinite(data[which]!))?.[0];
    const value = bad(0);
    if (value) return `${value} has a value that is NaN or infinite`;
    const gradient = bad(1);
    return gradient && `the gradient of ${gradient} is the first that is NaN or infinite`;
  } finally {
    program.dispose();
  }
}
