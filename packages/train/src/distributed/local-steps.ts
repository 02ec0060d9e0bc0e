import {
  exchangeNumbers,
  hostTensor,
  item,
  MAX_F32,
  scalar,
  type Communicator,
  type Executable,
  type HostTensors,
  type State,
} from '@attune/core';
import { normOf } from './norm.js';
import type { OuterOptimizer } from './outer-optimizer.js';
import { divideBy } from './sum-step.js';
import { changeTensors, numbersOf } from './tensors-of-ranks.js';

/** The parts of {@link LocalSteps}. */
export interface LocalStepsOptions {
  readonly communicator: Communicator;
  /** Holds parameters, the optimizer's tensors and accumulators. */
  readonly state: State;
  /** Parameters that are trained, in the order of the model. */
  readonly parameters: readonly string[];
  /** Buffers that steps move: the mean of all ranks at the end of a round. */
  readonly buffers: readonly string[];
  /** Names of the accumulated numerator and count. */
  readonly sums: { readonly numerator: string; readonly count: string };
  /** Steps of a round. */
  readonly steps: number;
  readonly outer: OuterOptimizer;
  /** The squares of the gradients; missing where nothing is trained. */
  readonly squares?: Executable;
  /** The update, which takes the gradient's norm as a feed. */
  readonly apply: Executable;
}

/**
 * Steps that each rank takes by itself, with an optimizer of its own, on its share of the batches. After some of them, a
 * round, parameters are brought together by an outer step. Within a round ranks exchange a few numbers a step: the metrics
 * are those of all together, and a step that one rank cannot take is taken by none.
 */
export class LocalSteps {
  constructor(readonly options: LocalStepsOptions) {}

  private isCommon(steps: number): boolean {
    return steps % this.options.steps === 0;
  }

  /** The number of rounds after so many steps, and true if the last one is over: all ranks have the same parameters then. */
  turnAt(steps: number): { readonly isCommon: boolean; readonly turn: number } {
    return { isCommon: this.isCommon(steps), turn: Math.floor(steps / this.options.steps) };
  }

  /** Begins anew from parameters that others have written. The outer momentum stays. */
  forget(): void {
    this.options.outer.common = undefined;
  }

  /** True if ranks have parameters of their own after this many steps. */
  isWithinRound(steps: number): boolean {
    return !this.isCommon(steps) && this.options.outer.common !== undefined;
  }

  /**
   * Takes a step. `loss` and `count` are those of all ranks, `gradNorm` is the root mean square of the norms that they have of
   * their own gradients.
   */
  async apply(scalars: HostTensors): Promise<HostTensors> {
    const { communicator, state, sums, squares, apply, outer, parameters } = this.options;
    if (!outer.common) {
      const held = await (state.view?.(parameters) ?? state.read(parameters));
      outer.begin(numbersOf(held, parameters) as Float32Array[]);
    }
    const held = await state.read([sums.numerator, sums.count]);
    const [numerator, count] = [item(held[sums.numerator]), item(held[sums.count])];
    const each = squares ? (await squares.run())['squares']!.data : [];
    const gradNorm = normOf(each as ArrayLike<number>);
    const all = await exchangeNumbers(communicator, [numerator, count, gradNorm]);
    const metrics = combine(all);
    const accepted =
      metrics.count > 0 && metrics.loss <= item(scalars['lossLimit']) && metrics.gradNorm <= MAX_F32;
    // A rank whose share has no target does nothing: its guard sees to that.
    if (accepted) {
      await apply.run({ ...scalars, lossLimit: scalar(MAX_F32), gradNorm: scalar(gradNorm) });
    }
    return {
      loss: scalar(metrics.loss),
      gradNorm: scalar(metrics.gradNorm),
      count: scalar(metrics.count),
      accepted: hostTensor('bool', [], Uint8Array.of(accepted ? 1 : 0)),
    };
  }

  /** Ends a step, and with it perhaps a round. @param done steps of the run, this one among them. */
  async endStep(done: number): Promise<void> {
    if (!this.isCommon(done)) return;
    const { communicator, state, parameters, buffers, outer } = this.options;
    const names = [...parameters, ...buffers];
    await changeTensors(state, names, async (tensors) => {
      const values = numbersOf(tensors, parameters) as Float32Array[];
      outer.subtract(values);
      await communicator.allReduceSum(numbersOf(tensors, names));
      divideBy(communicator.size, numbersOf(tensors, names));
      outer.step(values);
    });
  }
}

/** The metrics of a step of all ranks, of which some may have had no target. */
function combine(ranks: readonly (readonly number[])[]) {
  let [numerator, count, squares, taking] = [0, 0, 0, 0];
  for (const [sum, targets, norm] of ranks as readonly [number, number, number][]) {
    numerator += sum;
    count += targets;
    if (targets > 0) [squares, taking] = [squares + norm * norm, taking + 1];
  }
  return {
    loss: numerator / Math.max(1, count),
    gradNorm: Math.sqrt(squares / Math.max(1, taking)),
    count,
  };
}
