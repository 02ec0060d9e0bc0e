import { AttuneError, bytesOf, isAttuneError, peakBytes, type Program } from '@attune/core';
import type { KernelHooks, Kernels } from '@attune/lowering-tfjs';

/** How TensorFlow says that there is no room: its status RESOURCE_EXHAUSTED, and what an allocation throws. */
const noRoom = /Invalid TF_Status: 8\b|OOM when allocating|RESOURCE_EXHAUSTED|out of memory|std::bad_alloc/i;

/** Turns what the addon threw for want of memory into OUT_OF_MEMORY, with what was held at that moment. */
function failureOf(error: unknown, k: Kernels): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (isAttuneError(error) || !noRoom.test(message)) return error;
  const { bytes } = k.memory();
  // The first sentence names the tensor and the allocator; the statistics that follow it are for TensorFlow's authors.
  const [, first = 'it could not allocate a tensor'] = /Message: ([^\n]*)/.exec(message) ?? [];
  return new AttuneError(
    'OUT_OF_MEMORY',
    `TensorFlow has no room beside the ${bytes} bytes in use: ${first.trim()}.`,
    {
      cause: error,
      data: { held: bytes },
      fix: 'Use a smaller batch, shorter sequences or a smaller model.',
    },
  );
}

/** How kernels fail here. */
export const cudaHooks: KernelHooks = { failure: failureOf };

/** The batch size of a program, if its feeds have one: the first axis that all of two axes or more share. */
function batchSizeOf({ feeds }: Program): number | undefined {
  const sizes = Object.values(feeds).flatMap(({ shape }) => (shape.length >= 2 ? [shape[0]!] : []));
  return sizes.length > 0 && sizes.every((size) => size === sizes[0]) ? sizes[0] : undefined;
}

/**
 * The largest batch that would have fit into the room there was: what a program holds at once is one part that grows with
 * the batch, and its updates, which do not.
 *
 * @param room bytes that a run got before it failed.
 * @returns 0 if not even one example fits; `undefined` where a program has no batch, or there was room enough.
 */
export function batchThatFits(program: Program, room: number): number | undefined {
  const batchSize = batchSizeOf(program);
  if (batchSize === undefined) return undefined;
  const updates = Object.values(program.updates).reduce((sum, id) => sum + bytesOf(program.values[id]!), 0);
  const perExample = (peakBytes(program) - updates) / batchSize;
  const fitting = Math.max(0, Math.floor((room - updates) / perExample));
  return perExample > 0 && fitting < batchSize ? fitting : undefined;
}

/** An OUT_OF_MEMORY of a run, with the batch size to use; any other error as it is. */
export function adviseBatch(error: unknown, program: Program, heldBefore: number): unknown {
  if (!isAttuneError(error, 'OUT_OF_MEMORY')) return error;
  const held = error.data?.['held'];
  const fits = typeof held === 'number' ? batchThatFits(program, held - heldBefore) : undefined;
  if (fits === undefined) return error;
  const what = error.message.slice(0, error.message.length - (error.fix?.length ?? 0)).trim();
  return new AttuneError('OUT_OF_MEMORY', what, {
    cause: error.cause,
    data: { ...error.data, batchSize: fits },
    fix:
      fits > 0
        ? `A batch of ${fits} would fit, instead of ${batchSizeOf(program)}; gradient accumulation makes up for the rest.`
        : 'Not even a batch of one would fit: use shorter sequences or a smaller model.',
  });
}
