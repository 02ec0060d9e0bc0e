import { isAttuneError } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import type { GenerateOptions, Generator } from '@attune/train';
import { growingText, type GeneratedText, type GrowthOptions } from './growing-text.js';

/** How a text is drawn. */
export interface TextOptions extends Omit<GenerateOptions, 'stop'>, GrowthOptions {}

/** Where a text starts that has no prompt: at a new line, as in nanoGPT, or at the first token if there is none. */
export function emptyPrompt(tokenizer: Tokenizer): readonly number[] {
  try {
    return Array.from<number>(tokenizer.encode('\n'));
  } catch (error) {
    if (isAttuneError(error, 'INVALID_ARGUMENT')) return [0];
    throw error;
  }
}

/** Continues a prompt, as text: with the space that stands between the prompt and what follows. */
export async function generateText(
  generator: Generator,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  { stop, end, before = prompt, onText, ...options }: TextOptions,
): Promise<GeneratedText> {
  const text = growingText(tokenizer, { stop, end, before, onText });
  for await (const token of generator.generate(prompt, options)) if (text.push(token)) break;
  return text.finish();
}
