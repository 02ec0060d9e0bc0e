import { AttuneError } from '@attune/core';
import type { EncodedExample, Example } from '../examples/index.js';
import type { Tokenizer } from '../tokenizers/index.js';
import type { ChatTemplate } from './chat-template.js';
import type { SpecialTokens } from './special-tokens.js';

/** What of a row carries loss: the assistant's turns, the last answer alone, or everything. */
export const trainOnChoices = ['assistant', 'completion', 'all'] as const;

/** One of {@link trainOnChoices}. */
export type TrainOn = (typeof trainOnChoices)[number];

export interface EncodeExampleOptions {
  readonly tokenizer: Tokenizer;
  readonly specialTokens: SpecialTokens;
  /** Writes conversations as text. Rows without messages need none. */
  readonly template?: ChatTemplate;
  /** Default `assistant`. Rows that are mere text are trained on as a whole. */
  readonly trainOn?: TrainOn;
  /** Variables for the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A row as tokens, each with its loss weight. */
export async function encodeExample(
  example: Example,
  options: EncodeExampleOptions,
): Promise<EncodedExample> {
  void options;
  throw new AttuneError('INVALID_ARGUMENT', `Rows of kind ${example.kind} cannot be encoded yet.`);
}
