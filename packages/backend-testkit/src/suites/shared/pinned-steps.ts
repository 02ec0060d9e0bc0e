import { item, scalar, type HostTensors } from '@attune/core';
import { expectNumber } from '../../assertions/close.js';
import type { Tolerances } from '../../assertions/tolerances.js';
import type { TrainingSetup } from '../../training/step-programs.js';

/** A step of training, as far as a fixture knows it. */
export interface PinnedStep {
  readonly loss: number;
  readonly gradNorm?: number;
  readonly count?: number;
}

/** The optimizer's numbers of a step, as feeds. */
export const scalarsOf = (setup: TrainingSetup, step: number): HostTensors =>
  Object.fromEntries(
    Object.entries(setup.optimizer.scalars(step)).map(([name, value]) => [name, scalar(value)]),
  );

/** Makes every step of a run by `step`, and compares what the fixture knows: loss, gradient norm and count. */
export async function checkSteps(
  expected: readonly PinnedStep[],
  allowed: Tolerances,
  step: (index: number) => Promise<HostTensors>,
): Promise<void> {
  for (const [index, { loss, gradNorm, count }] of expected.entries()) {
    const outputs = await step(index);
    const number = (name: string, value: number, tolerance: number) =>
      expectNumber(item(outputs[name]), value, tolerance, `${name} of step ${index + 1}`);
    number('loss', loss, allowed.loss);
    if (gradNorm !== undefined) number('gradNorm', gradNorm, allowed.gradNorm * gradNorm);
    if (count !== undefined) number('count', count, 0);
  }
}
