import type { Batch, Dataset } from '@attune/core';

/** The next `count` batches of a dataset, or as many as there are. */
export async function takeBatches(dataset: Dataset, count = Infinity): Promise<Batch[]> {
  const batches: Batch[] = [];
  if (count === 0) return batches;
  for await (const batch of dataset) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  return batches;
}
