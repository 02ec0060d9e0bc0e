import { encodePrompt, type Message } from '@attune/data';
import { emptyPrompt } from '@attune/runs';
import type { ServedModel } from '../models/served-model.js';
import { invalid } from './api-error.js';

/** No text with more characters for each token of the context is encoded: it would take long to say that it is too long. */
const MOST_CHARACTERS_PER_TOKEN = 256;

/** A prompt as a model reads it. */
export interface EncodedPrompt {
  readonly tokens: readonly number[];
  /** Its text, for whoever wants it repeated. */
  readonly text: string;
  /** Ids that stand before the answer, which tell whether it begins with a space. */
  readonly before: readonly number[];
}

function checkLength(characters: number, { batcher: { contextLength } }: ServedModel): void {
  if (characters <= contextLength * MOST_CHARACTERS_PER_TOKEN) return;
  throw invalid(
    `The text has ${characters} characters. Prompt and answer together may have ${contextLength} tokens.`,
    undefined,
    'context_length_exceeded',
  );
}

/**
 * Encodes a prompt of a completion.
 *
 * @throws ApiError, or AttuneError as `encodePrompt`.
 */
export async function encodeCompletion(
  prompt: string | readonly number[],
  model: ServedModel,
): Promise<EncodedPrompt> {
  const { tokenizer, specialTokens } = model.text;
  if (typeof prompt !== 'string') {
    const known = prompt.filter((id) => id < tokenizer.vocabSize);
    // Longer ones are refused by the batcher, with how long they are.
    const readable = known.length > model.batcher.contextLength ? [] : known;
    return { tokens: prompt, text: tokenizer.decode(readable), before: prompt };
  }
  checkLength(prompt.length, model);
  if (prompt === '') {
    const { bos } = specialTokens;
    return { tokens: bos === undefined ? emptyPrompt(tokenizer) : [bos], text: '', before: [] };
  }
  const tokens = Array.from(await encodePrompt(prompt, model.text));
  return { tokens, text: prompt, before: tokens };
}

/**
 * Encodes a conversation, as a prompt for its next turn.
 *
 * @throws ApiError, or AttuneError as `encodePrompt`.
 */
export async function encodeChat(
  messages: readonly Message[],
  variables: Readonly<Record<string, unknown>>,
  model: ServedModel,
): Promise<EncodedPrompt> {
  checkLength(
    messages.reduce((sum, { content }) => sum + content.length, 0),
    model,
  );
  const tokens = Array.from(await encodePrompt(messages, { ...model.text, variables }));
  return { tokens, text: '', before: tokens };
}
