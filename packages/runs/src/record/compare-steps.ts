import type { StepMetrics } from '@attune/core';

/** The differences between repeated steps and those of a log. */
export interface StepDifferences {
  /** The largest difference of a step's loss, or `null` where only one of the two is a number. */
  readonly maxLossDifference: number | null;
  /** The first step with that difference. */
  readonly worstStep: number;
  /**
   * The same for the gradient's norm: the difference is relative to the logged norm where that is above 1, since a norm has
   * no scale of its own.
   */
  readonly maxGradNormDifference: number | null;
  readonly worstGradNormStep: number;
}

/** The distance of two numbers; NaN where only one is one. A log has `null` for what is none. */
function distance(logged: number | null, found: number | undefined): number {
  const [a, b] = [logged, found].map((value) => (Number.isFinite(value) ? Number(value) : undefined));
  if (a === undefined || b === undefined) return a === b && found !== undefined ? 0 : NaN;
  return Math.abs(a - b);
}

function worstOf(expected: readonly StepMetrics[], differences: readonly number[]) {
  const undefinedAt = differences.findIndex(Number.isNaN);
  const worst =
    undefinedAt >= 0
      ? undefinedAt
      : differences.indexOf(differences.reduce((most, each) => Math.max(most, each), -Infinity));
  return { difference: undefinedAt >= 0 ? null : differences[worst]!, step: expected[worst]!.step };
}

/** Compares steps with those of a log, of which there is at least one. */
export function compareSteps(
  expected: readonly StepMetrics[],
  found: readonly StepMetrics[],
): StepDifferences {
  const loss = worstOf(
    expected,
    expected.map((step, i) => distance(step.loss, found[i]?.loss)),
  );
  const gradNorm = worstOf(
    expected,
    expected.map((step, i) => distance(step.gradNorm, found[i]?.gradNorm) / Math.max(1, step.gradNorm)),
  );
  return {
    maxLossDifference: loss.difference,
    worstStep: loss.step,
    maxGradNormDifference: gradNorm.difference,
    worstGradNormStep: gradNorm.step,
  };
}
