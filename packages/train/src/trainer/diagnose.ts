import type { Batch } from '@attune/core';
import { feedsOf, specsOf } from '../programs/forward.js';
import { diagnoseProgram } from '../programs/train.js';
import type { ResolvedTrainerOptions } from './options.js';
import type { Session } from './session.js';

/** Says which tensor is the first, in the order of the model, that is NaN or infinite for a batch. */
export async function firstNonFinite(
  session: Session,
  options: ResolvedTrainerOptions,
  feeds: Batch,
): Promise<string> {
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
    if (gradient) return `the gradient of ${gradient} is the first that is NaN or infinite`;
    return 'all parameters and their gradients are finite in its last micro-batch';
  } finally {
    program.dispose();
  }
}
