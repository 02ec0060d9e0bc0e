import { AttuneError, commitOrder, isAttuneError, type Program } from '@attune/core';
import { adviceFor, type KernelHooks, type Kernels } from '@attune/lowering-tfjs';

/** TensorFlow's messages for a failed allocation: its status RESOURCE_EXHAUSTED, and what the allocator throws. */
const outOfMemory =
  /Invalid TF_Status: 8\b|OOM when allocating|RESOURCE_EXHAUSTED|out of memory|std::bad_alloc/i;

/** Turns an allocation failure of the addon into OUT_OF_MEMORY, with the bytes that were in use. */
function failureOf(error: unknown, k: Kernels): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (isAttuneError(error) || !outOfMemory.test(message)) return error;
  const { bytes } = k.memory();
  // The first sentence names the tensor and the allocator; the statistics that follow it are for TensorFlow's authors.
  const [, first = 'it could not allocate a tensor'] = /Message: ([^\n]*)/.exec(message) ?? [];
  return new AttuneError(
    'OUT_OF_MEMORY',
    `TensorFlow ran out of memory with ${bytes} bytes in use: ${first.trim()}.`,
    {
      cause: error,
      data: { held: bytes },
      fix: 'Use a smaller batch, shorter sequences or a smaller model.',
    },
  );
}

/** Turns errors of kernels into typed ones. */
export const cudaHooks: KernelHooks = { failure: failureOf };

/** An OUT_OF_MEMORY of a run, with the batch size that would have fit into what it got; any other error as it is. */
export function adviseBatch(error: unknown, program: Program, heldBefore: number): unknown {
  if (!isAttuneError(error, 'OUT_OF_MEMORY')) return error;
  const held = error.data?.['held'];
  if (typeof held !== 'number') return error;
  const { fix, batchSize } = adviceFor(commitOrder(program), held - heldBefore);
  if (batchSize === undefined) return error;
  const what = error.message.slice(0, error.message.length - (error.fix?.length ?? 0)).trim();
  return new AttuneError('OUT_OF_MEMORY', what, {
    cause: error.cause,
    data: { ...error.data, batchSize },
    fix,
  });
}
