import type { StepMetrics } from '@attune/core';
import type { RunRecord } from '@attune/runs';

/** A step that takes longer was not measured. In milliseconds: a year. */
const MAX_STEP_MS = 366 * 24 * 3600 * 1000;

/**
 * Tells when the steps of a run were done, which its log does not: from the beginning of each session, and how long the steps
 * took. What a session did between them is left out, so later times are somewhat early. Times never fall.
 */
export class RunClock {
  private seconds = 0;
  /** Sessions that have not begun by the step before, from the last to the first. */
  private readonly ahead: { readonly fromStep: number; readonly seconds: number }[];

  constructor(record: RunRecord | undefined) {
    this.ahead = (record?.sessions ?? [])
      .map(({ fromStep, startedAt }) => ({ fromStep, seconds: Date.parse(startedAt) / 1000 }))
      .filter(({ seconds }) => Number.isFinite(seconds))
      .sort((a, b) => b.fromStep - a.fromStep);
    this.begin(1);
  }

  /** Seconds since 1970 at which the run began: 0 where its record does not say. */
  get now(): number {
    return this.seconds;
  }

  /** Seconds since 1970 at the end of a step. Steps come in order. */
  after({ step, stepMs }: StepMetrics): number {
    this.begin(step);
    if (stepMs >= 0 && stepMs <= MAX_STEP_MS) this.seconds += stepMs / 1000;
    return this.seconds;
  }

  private begin(step: number): void {
    for (let next = this.ahead.at(-1); next && next.fromStep < step; next = this.ahead.at(-1)) {
      this.seconds = Math.max(this.seconds, next.seconds);
      this.ahead.pop();
    }
  }
}
