import { AttuneError, peakBytes, type CommitOrder, type Program } from '@attune/core';

/** The batch size of a program, if its feeds have one: the first axis that all of two axes or more share. */
function batchSizeOf({ feeds }: Program): number | undefined {
  const sizes = Object.values(feeds).flatMap(({ shape }) => (shape.length >= 2 ? [shape[0]!] : []));
  return sizes.length > 0 && sizes.every((size) => size === sizes[0]) ? sizes[0] : undefined;
}

/**
 * The largest batch that would fit into the free memory. A program's peak has one part that grows with the batch, and the
 * updates that have yet to replace their tensors, which do not.
 *
 * @param free bytes that are free beside the state.
 * @returns 0 if not even one example fits; `undefined` where a program has no batch, or fits as it is.
 */
export function batchThatFits(order: CommitOrder, free: number): number | undefined {
  const { program, commits } = order;
  const batchSize = batchSizeOf(program);
  if (batchSize === undefined) return undefined;
  const ids = new Set(Object.values(program.updates));
  const updates = peakBytes(program, { commits, counts: (id) => ids.has(id) });
  const perExample = (peakBytes(program, { commits }) - updates) / batchSize;
  const fitting = Math.max(0, Math.floor((free - updates) / perExample));
  return perExample > 0 && fitting < batchSize ? fitting : undefined;
}

/** The fix for a program that does not fit. */
export interface MemoryAdvice {
  readonly fix: string;
  /** The largest batch that would fit; 0 for none. `undefined` where that is unknown. */
  readonly batchSize?: number;
}

/** The advice for a program that does not fit into `free` bytes. */
export function adviceFor(order: CommitOrder, free: number): MemoryAdvice {
  const { program } = order;
  const batchSize = batchThatFits(order, free);
  if (batchSize === undefined) return { fix: 'Use a smaller batch, shorter sequences or a smaller model.' };
  const fix =
    batchSize > 0
      ? `A batch of ${batchSize} would fit, instead of ${batchSizeOf(program)}; gradient accumulation makes up for the rest.`
      : 'Not even a batch of one would fit: use shorter sequences or a smaller model.';
  return { fix, batchSize };
}

/**
 * Refuses a program that cannot fit beside what is allocated already: not every tfjs backend notices that it is out of memory.
 *
 * @param held bytes in use.
 * @param memoryBytes the device's memory in bytes, where that is known.
 * @throws AttuneError OUT_OF_MEMORY, with the batch size that would fit.
 */
export function checkMemory(order: CommitOrder, held: number, memoryBytes: number | undefined): void {
  const { program, commits } = order;
  const needed = peakBytes(program, { commits });
  if (memoryBytes === undefined || held + needed <= memoryBytes) return;
  const { fix, batchSize } = adviceFor(order, memoryBytes - held);
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `Program "${program.name}" needs ${needed} bytes beside the ${held} in use, but the device has ${memoryBytes}.`,
    { data: { held, needed, ...(batchSize !== undefined && { batchSize }) }, fix },
  );
}
