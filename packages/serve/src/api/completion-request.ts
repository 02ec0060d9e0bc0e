import { z } from 'zod';
import { MOST_LOGPROBS, sharedHarmless, sharedRefused, sharedShape, tokenCount } from './parameters.js';
import type { RequestForm } from './validate.js';

/** A prompt as text or as token ids, or several. */
export type Prompts = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

const isIds = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((id) => Number.isSafeInteger(id) && id >= 0);

/** True for {@link Prompts}. */
function isPrompts(value: unknown): value is Prompts {
  if (typeof value === 'string') return true;
  if (!Array.isArray(value) || value.length === 0) return false;
  if (typeof value[0] === 'number') return isIds(value);
  return value.every(typeof value[0] === 'string' ? (text) => typeof text === 'string' : isIds);
}

/** Prompts of a request, and inputs of one for embeddings. */
export const promptsField = z.custom<Prompts>(
  isPrompts,
  'Expected a text, a list of texts, a list of token ids, or a list of such lists',
);

/** The prompts one by one. */
export function eachPrompt(prompts: Prompts): readonly (string | readonly number[])[] {
  if (typeof prompts === 'string') return [prompts];
  return typeof prompts[0] === 'number' ? [prompts as readonly number[]] : (prompts as string[] | number[][]);
}

const shape = {
  ...sharedShape,
  prompt: promptsField.nullish(),
  max_tokens: tokenCount,
  echo: z.boolean().nullish(),
  logprobs: z.number().int().min(0).max(MOST_LOGPROBS).nullish(),
};

/** `POST /v1/completions`. */
export const completionForm = {
  schema: z.object(shape),
  harmless: sharedHarmless,
  refused: {
    ...sharedRefused,
    best_of: { instead: 'Use n, and choose among the answers.', idle: (value) => value === 1 },
    suffix: {
      instead: 'The models served continue texts, and insert nothing.',
      idle: (value) => value === '',
    },
    response_format: { instead: 'Ask /v1/chat/completions.' },
    tools: { instead: 'Describe the tools in the prompt.' },
  },
} satisfies RequestForm<z.ZodObject<typeof shape>>;

/** A request for completions. */
export type CompletionRequest = z.infer<typeof completionForm.schema>;
