import type { GgufValue } from '../file/metadata.js';
import type { PlannedTensor } from './tensor-plan.js';

/** How llama.cpp names a model and its parts. */
export interface Architecture {
  /** The value of `general.architecture`, which begins the keys of what it is made of. */
  readonly name: string;
  /** Keys without that beginning. */
  readonly keys: readonly (readonly [key: string, value: GgufValue])[];
  /** A row for each tensor, in the order of the file. */
  readonly tensors: readonly PlannedTensor[];
  /**
   * The linear layers that adapters may change, by attune's paths.
   *
   * @param rank of the adapters.
   */
  layers(rank: number): ReadonlyMap<string, ArchitectureLayer>;
  /** Properties of the model that llama.cpp has no words for, a phrase each. */
  readonly faults: readonly string[];
}

/** A linear layer that an adapter may change. */
export interface ArchitectureLayer {
  /** The weight's name in the file. */
  readonly name: string;
  /** Puts the rows of the second factor, `[out, rank]`, in the order of the file. */
  readonly arrangeRows?: (rows: Float32Array) => Float32Array;
}
