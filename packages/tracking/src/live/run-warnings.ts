import type { StepMetrics } from '@attune/core';

const MOST = 20;

/** The trouble of a run, for people who watch it. Each kind of trouble is one line, however often it comes. */
export class RunWarnings {
  private readonly notes: string[] = [];
  private skipped = { count: 0, step: 0 };
  private lost = { count: 0, step: 0 };

  note(text: string): void {
    if (this.notes.length < MOST) this.notes.push(text);
  }

  /** Looks for trouble in a step. */
  look({ step, loss, gradNorm, skipped }: StepMetrics): void {
    if (skipped) this.skipped = { count: this.skipped.count + 1, step };
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      this.lost = { count: this.lost.count + 1, step };
    }
  }

  texts(): readonly string[] {
    const { skipped, lost } = this;
    return [
      ...this.notes,
      ...(skipped.count > 0
        ? [`${steps(skipped.count)} left out, as the loss was a spike; the last was step ${skipped.step}.`]
        : []),
      ...(lost.count > 0
        ? [
            `The loss or the gradient was no finite number in ${steps(lost.count)}; the last was step ${lost.step}.`,
          ]
        : []),
    ];
  }
}

const steps = (count: number) => (count === 1 ? '1 step' : `${count} steps`);
