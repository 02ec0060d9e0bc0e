import { isAttuneError, type AttuneError } from '@attune/core';
import { encodeExample, type EncodeOptions } from './encode-example.js';

/**
 * The tokens at which the generation of an answer is to stop: the model's end-of-sequence tokens, and the special token
 * that answers end with in training, e.g. `<|im_end|>` of a template that was chosen for a base model.
 *
 * @param onFault is told why a template does not say how answers end: it refuses a plain conversation, cannot be rendered,
 * does not show where its answers are, or writes what the tokenizer has no tokens for.
 */
export async function answerEndIds(
  options: EncodeOptions,
  onFault?: (fault: AttuneError) => void,
): Promise<readonly number[]> {
  const { specialTokens, template } = options;
  if (!template) return specialTokens.eosIds;
  const special = new Set(specialTokens.texts.values());
  const messages = ['user', 'assistant', 'user', 'assistant'].map((role) => ({
    role,
    content: `${role} says this`,
  }));
  try {
    const { ids, weights } = await encodeExample({ kind: 'messages', messages }, options);
    const last = ids.filter((id, i) => weights[i]! > 0 && !weights[i + 1] && special.has(id));
    return [...new Set([...specialTokens.eosIds, ...last])];
  } catch (error) {
    // The last: characters that the vocabulary does not have.
    const codes = ['TEMPLATE_FAILED', 'TEMPLATE_UNSUPPORTED', 'INVALID_ARGUMENT'] as const;
    const tellsNothing = isAttuneError(error) && codes.some((code) => code === error.code);
    if (!tellsNothing) throw error;
    onFault?.(error);
    return specialTokens.eosIds;
  }
}
