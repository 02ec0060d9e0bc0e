import { AttuneError, bytesOf, peakBytes, type Program } from '@attune/core';

/** The batch size of a program, if its feeds have one: the first axis that all of two axes or more share. */
function batchSizeOf({ feeds }: Program): number | undefined {
  const sizes = Object.values(feeds).flatMap(({ shape }) => (shape.length >= 2 ? [shape[0]!] : []));
  return sizes.length > 0 && sizes.every((size) => size === sizes[0]) ? sizes[0] : undefined;
}

/**
 * The largest batch that would fit into some room: what a program holds at once is one part that grows with the batch,
 * and its updates, which do not.
 *
 * @param room bytes there are beside the state.
 * @returns 0 if not even one example fits; `undefined` where a program has no batch, or there is room enough.
 */
export function batchThatFits(program: Program, room: number): number | undefined {
  const batchSize = batchSizeOf(program);
  if (batchSize === undefined) return undefined;
  const updates = Object.values(program.updates).reduce((sum, id) => sum + bytesOf(program.values[id]!), 0);
  const perExample = (peakBytes(program) - updates) / batchSize;
  const fitting = Math.max(0, Math.floor((room - updates) / perExample));
  return perExample > 0 && fitting < batchSize ? fitting : undefined;
}

/** What to do when a program has only this much room. */
export interface RoomAdvice {
  readonly fix: string;
  /** The largest batch that would fit; 0 for none. `undefined` where that cannot be told. */
  readonly batchSize?: number;
}

/** The advice for a program that does not fit into some room, in bytes. */
export function adviceFor(program: Program, room: number): RoomAdvice {
  const batchSize = batchThatFits(program, room);
  if (batchSize === undefined) return { fix: 'Use a smaller batch, shorter sequences or a smaller model.' };
  const fix =
    batchSize > 0
      ? `A batch of ${batchSize} would fit, instead of ${batchSizeOf(program)}; gradient accumulation makes up for the rest.`
      : 'Not even a batch of one would fit: use shorter sequences or a smaller model.';
  return { fix, batchSize };
}

/**
 * Refuses a program that cannot fit beside what is there already: not every tfjs backend notices when it has no room.
 *
 * @param held bytes in use.
 * @param memoryBytes bytes there are in all, where that is known.
 * @throws AttuneError OUT_OF_MEMORY, with the batch size that would fit.
 */
export function checkRoom(program: Program, held: number, memoryBytes: number | undefined): void {
  const needed = peakBytes(program);
  if (memoryBytes === undefined || held + needed <= memoryBytes) return;
  const { fix, batchSize } = adviceFor(program, memoryBytes - held);
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `Program "${program.name}" needs ${needed} bytes beside the ${held} in use, but there are ${memoryBytes} in all.`,
    { data: { held, needed, ...(batchSize !== undefined && { batchSize }) }, fix },
  );
}
