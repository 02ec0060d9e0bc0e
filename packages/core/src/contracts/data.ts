import type { HostTensors, TensorSpecs } from '../tensor/index.js';

/**
 * The data of one step: named host tensors, e.g. for a language model `x i32[B, T]`, `y i32[B, T]` (x one token
 * later) and `lossMask f32[B, T]`.
 */
export type Batch = HostTensors;

/** Where a dataset stands. JSON-serialisable: part of a checkpoint. */
export type DatasetState = Readonly<Record<string, string | number | boolean | null>>;

/** An endless or finite sequence of batches, from a seed and a position. */
export interface Dataset extends AsyncIterable<Batch> {
  /** Specs of the fields of a batch. Where the shapes differ from batch to batch, of the largest. */
  readonly spec: TensorSpecs;
  /** How many batches go through the data once, where that is known. */
  readonly batchesPerEpoch?: number;
  /** Where the next batch comes from. After k batches were taken: enough to take batch k + 1 again in another process. */
  state(): DatasetState;
  /**
   * Continues where `state()` was taken.
   *
   * @throws AttuneError CHECKPOINT_MISMATCH if the state is that of other data or of another seed.
   */
  restore(state: DatasetState): void;
  /** Closes files. */
  close?(): Promise<void>;
}
