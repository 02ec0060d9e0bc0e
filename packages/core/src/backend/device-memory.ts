import { AttuneError } from '../errors/index.js';
import type { Program } from '../program/program.js';

/** The bytes of a device that a program would take for a run, beside its State. */
export interface MemoryDemand {
  /** All that is alive at once. */
  readonly needed: number;
  /** The part of it that does not grow with the batch: gradients and new values of parameters. Asked for where it does not fit. */
  fixed(): number;
}

/** The batch size of a program, if its feeds have one: the first axis that all of two axes or more share. */
function batchSizeOf({ feeds }: Program): number | undefined {
  const sizes = Object.values(feeds).flatMap(({ shape }) => (shape.length >= 2 ? [shape[0]!] : []));
  return sizes.length > 0 && sizes.every((size) => size === sizes[0]) ? sizes[0] : undefined;
}

/**
 * The largest batch that would fit into the free memory.
 *
 * @param free bytes that are free beside the state.
 * @returns 0 if not even one example fits; `undefined` where a program has no batch, or fits as it is.
 */
export function batchThatFits(
  program: Program,
  { needed, fixed }: MemoryDemand,
  free: number,
): number | undefined {
  const batchSize = batchSizeOf(program);
  if (batchSize === undefined) return undefined;
  const constant = fixed();
  const perExample = (needed - constant) / batchSize;
  const fitting = Math.max(0, Math.floor((free - constant) / perExample));
  return perExample > 0 && fitting < batchSize ? fitting : undefined;
}

/** The fix for a program that does not fit. */
export interface MemoryAdvice {
  readonly fix: string;
  /** The largest batch that would fit; 0 for none. `undefined` where that is unknown. */
  readonly batchSize?: number;
}

/** The advice for a program that does not fit into `free` bytes. */
export function memoryAdvice(program: Program, demand: MemoryDemand, free: number): MemoryAdvice {
  const batchSize = batchThatFits(program, demand, free);
  if (batchSize === undefined) return { fix: 'Use a smaller batch, shorter sequences or a smaller model.' };
  const fix =
    batchSize > 0
      ? `A batch of ${batchSize} would fit, instead of ${batchSizeOf(program)}; gradient accumulation makes up for the rest.`
      : 'Not even a batch of one would fit: use shorter sequences or a smaller model.';
  return { fix, batchSize };
}

/**
 * Refuses a program that cannot fit beside what is allocated already, before it is built.
 *
 * @param held bytes in use.
 * @param memoryBytes the device's memory in bytes, where that is known.
 * @throws AttuneError OUT_OF_MEMORY, with the batch size that would fit.
 */
export function checkDeviceMemory(
  program: Program,
  demand: MemoryDemand,
  held: number,
  memoryBytes: number | undefined,
): void {
  const { needed } = demand;
  if (memoryBytes === undefined || held + needed <= memoryBytes) return;
  const { fix, batchSize } = memoryAdvice(program, demand, memoryBytes - held);
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `Program "${program.name}" needs ${needed} bytes beside the ${held} in use, but the device has ${memoryBytes}.`,
    { data: { held, needed, ...(batchSize !== undefined && { batchSize }) }, fix },
  );
}
