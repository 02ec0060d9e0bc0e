import { sizeOf, type TensorSpec } from '@attune/core';

/** How ranks that have taken steps by themselves are brought together. */
export interface OuterOptions {
  readonly learningRate: number;
  /** Nesterov momentum; 0 is none. */
  readonly momentum: number;
}

/**
 * The outer optimizer of local steps: SGD with Nesterov momentum, whose gradient is what parameters were at the end of the
 * last round, less the mean of what the ranks have made of them.
 *
 * Its numbers are f32 in the host's memory, on each rank, and all ranks compute the same from the same.
 *
 * Source: Douillard et al., "DiLoCo: Distributed Low-Communication Training of Language Models" (2023), algorithm 1.
 * Reference implementation: `torch.optim.SGD(nesterov=True)`.
 */
export class OuterOptimizer {
  /** The parameters as they were when all ranks last had the same; missing before the first round. */
  common: readonly Float32Array[] | undefined;
  /** Zeros in the beginning. */
  readonly momentum: readonly Float32Array[];

  constructor(
    parameters: readonly TensorSpec[],
    private readonly options: OuterOptions,
  ) {
    this.momentum = parameters.map(({ shape }) => new Float32Array(sizeOf(shape)));
  }

  /** Begins a round with parameters that are the same on all ranks. */
  begin(parameters: readonly Float32Array[]): void {
    this.common = parameters.map((values) => values.slice());
  }

  /** Replaces parameters of this rank by how far they have gone down from the last common ones: its part of the outer gradient. */
  subtract(parameters: readonly Float32Array[]): void {
    parameters.forEach((values, i) => {
      const common = this.common![i]!;
      for (let k = 0; k < values.length; k++) values[k] = common[k]! - values[k]!;
    });
  }

  /** Takes an outer step, and writes the parameters that it leads to in the place of the gradient. */
  step(gradients: readonly Float32Array[]): void {
    const { learningRate, momentum } = this.options;
    gradients.forEach((values, i) => {
      const [common, buffer] = [this.common![i]!, this.momentum[i]!];
      for (let k = 0; k < values.length; k++) {
        const gradient = values[k]!;
        buffer[k] = momentum * buffer[k]! + gradient;
        common[k]! -= learningRate * (gradient + momentum * buffer[k]!);
        values[k] = common[k]!;
      }
    });
  }
}
