import {
  AttuneError,
  item,
  type Communicator,
  type Dataset,
  type EvaluationMetrics,
  type Loss,
  type Model,
  type State,
  type Backend,
} from '@attune/core';
import { feedsOf, specsOf } from '../programs/forward.js';
import { evaluateProgram } from '../programs/evaluate.js';
import { BatchPrograms, ProgramCache } from '../programs/program-cache.js';

/** The options of {@link evaluateModel}. */
export interface EvaluateOptions {
  readonly backend: Backend;
  readonly model: Model;
  readonly loss: Loss;
  /** Holds the model's parameters. */
  readonly state: State;
  readonly data: Dataset;
  /** How many batches to take. All of them, if not given: the dataset must be finite then. */
  readonly batches?: number;
  /**
   * Processes that share the batches: each computes some of them, and all get the same result. They have to call this
   * together, with the same data and the same parameters. Default: one process.
   */
  readonly communicator?: Communicator;
}

/**
 * The loss over a dataset: the mean over every target that carries loss, whatever batch it stands in.
 *
 * @throws AttuneError NO_TARGETS if none does.
 */
export async function evaluateModel({
  backend,
  state,
  ...options
}: EvaluateOptions): Promise<EvaluationMetrics> {
  const programs = new ProgramCache(backend, state);
  try {
    return await evaluateWith(programs, options);
  } finally {
    await programs.dispose();
  }
}

/** {@link evaluateModel} with programs that are kept. */
export async function evaluateWith(
  programs: ProgramCache,
  { model, loss, data, batches = Infinity, communicator }: Omit<EvaluateOptions, 'backend' | 'state'>,
): Promise<EvaluationMetrics> {
  const perShape = new BatchPrograms(programs, (spec) => evaluateProgram({ model, loss }, spec));
  let numerator = 0;
  let count = 0;
  let taken = 0;
  if (batches > 0) {
    for await (const batch of data) {
      // Batches are dealt out in turn; those of other ranks are taken and dropped.
      if (!communicator || taken % communicator.size === communicator.rank) {
        const feeds = feedsOf(batch, data.spec);
        const program = await perShape.of(specsOf(feeds));
        const outputs = await program.run(feeds);
        numerator += item(outputs['numerator']);
        count += item(outputs['count']);
      }
      if (++taken >= batches) break;
    }
  }
  if (communicator) {
    const sums = Float64Array.of(numerator, count);
    await communicator.allReduceSum([sums]);
    numerator = sums[0]!;
    count = sums[1]!;
  }
  if (count === 0) {
    throw new AttuneError(
      'NO_TARGETS',
      `None of the batches evaluated (${taken}) has a target that carries loss.`,
    );
  }
  const mean = numerator / count;
  return { loss: mean, perplexity: Math.exp(mean), tokens: count };
}
