import { isAttuneError } from '@attune/core';
import type { PlainError } from './protocol.js';

/** How onnxruntime and V8 say that there is no more memory. */
const NO_ROOM =
  /bad_alloc|bad allocation|failed to allocate memory|array buffer allocation failed|invalid typed array length/i;

/** The part of an error that can be posted to another thread; onnxruntime throws text alone. */
export function plainError(error: unknown): PlainError {
  const { message = String(error), code } = error as { message?: string; code?: unknown };
  return {
    message,
    ...(typeof code === 'string' && { code }),
    ...(isAttuneError(error) && { attune: error.code }),
    ...(NO_ROOM.test(message) && { attune: 'OUT_OF_MEMORY' as const }),
  };
}
