import type { TensorSpecs } from '@attune/core';

/** How the rows of a step are cut into micro-batches. */
export interface MicroBatches {
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  /** Activations are recomputed in the backward pass. */
  readonly gradientCheckpointing: boolean;
}

/** Shapes of a batch of another number of rows: the first axis of every field. */
export function withRows(batch: TensorSpecs, rows: number): TensorSpecs {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, dtype }]) => [
      name,
      { shape: [rows, ...shape.slice(1)], dtype },
    ]),
  );
}

/**
 * The ways to have the same rows in a step, in the order of preference: as asked for, then the largest micro-batch first, and
 * each without recomputing activations before any with.
 */
export function sameRowsPerStep(asked: MicroBatches): MicroBatches[] {
  const rows = asked.batchSize * asked.gradientAccumulationSteps;
  const sizes = Array.from({ length: asked.batchSize }, (_, i) => asked.batchSize - i).filter(
    (size) => rows % size === 0,
  );
  const modes = asked.gradientCheckpointing ? [true] : [false, true];
  return modes.flatMap((gradientCheckpointing) =>
    sizes.map((batchSize) => ({
      ...{ batchSize, gradientCheckpointing },
      gradientAccumulationSteps: rows / batchSize,
    })),
  );
}
