import type { Backend } from '@attune/core';
import type { PlannedRun } from '@attune/runs';
import { medianOf } from './median.js';
import { syntheticWeights } from './synthetic-weights.js';

/** The time of a step, measured on weights that are not the model's. */
export interface MeasuredStep {
  readonly stepMs: number;
  /** Steps that were measured. */
  readonly steps: number;
}

/** Enough for a median. */
const MOST_STEPS = 30;

/** Measures steps of so many micro-batches until `until`. The first, which also compiles, counts only if no other one fits. */
async function measure(
  planned: PlannedRun,
  backend: Backend,
  microBatches: number,
  until: number,
): Promise<MeasuredStep> {
  const trainer = planned.trainer(backend, microBatches, syntheticWeights);
  try {
    const times: number[] = [];
    for await (const { stepMs } of trainer.fit({ maxIters: MOST_STEPS })) {
      times.push(stepMs);
      // Another one like it would not be over in time.
      if (performance.now() + stepMs > until) break;
    }
    // V8 compiles what it runs often in the first steps; later ones stand for the run.
    const counted = times.length > 1 ? times.slice(Math.max(1, Math.floor(times.length / 3))) : times;
    return { stepMs: medianOf(counted), steps: counted.length };
  } finally {
    await trainer.dispose();
  }
}

/** More micro-batches than these are not run: each takes as long as the one before. */
const FEW = 3;

/**
 * Measures a few steps of a run on this machine, with weights in place of the model's.
 *
 * @param budgetMs the time that it may take, as far as steps go.
 */
export async function measureStep(
  planned: PlannedRun,
  backend: Backend,
  budgetMs: number,
): Promise<MeasuredStep> {
  const { gradientAccumulationSteps: count } = planned.microBatches;
  const begun = performance.now();
  if (count <= FEW) return measure(planned, backend, count, begun + budgetMs);
  const two = await measure(planned, backend, FEW - 1, begun + budgetMs / 2);
  const three = await measure(planned, backend, FEW, begun + budgetMs);
  const each = Math.max(0, three.stepMs - two.stepMs);
  return { stepMs: three.stepMs + (count - FEW) * each, steps: two.steps + three.steps };
}

/** Micro-batches of the steps that {@link measureStep} runs at most. */
export const microBatchesMeasured = ({ microBatches }: PlannedRun): number =>
  Math.min(FEW, microBatches.gradientAccumulationSteps);
