import { isAttuneError } from '@attune/core';
import type { Tokenizer } from '@attune/data';

/** A text in which tokenizers differ that are not the same. */
const PROBE = 'The quick brown fox, 1234 times: "jumps" over\n\tthe lazy dogs\' café – 狐 🦊!';

/** True if a model's tokens mean what the data's do, as far as either is known. */
export function readsAs(model: Tokenizer | null, data: Tokenizer | null): boolean {
  if (!model || !data) return !data;
  if (JSON.stringify(model.toJSON()) === JSON.stringify(data.toJSON())) return true;
  try {
    return String(Array.from(model.encode(PROBE))) === String(Array.from(data.encode(PROBE)));
  } catch (error) {
    // Characters that one of them lacks.
    if (isAttuneError(error, 'INVALID_ARGUMENT')) return false;
    throw error;
  }
}
