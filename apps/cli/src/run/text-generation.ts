import { isAttuneError } from '@attune/core';
import { streamDecoder, type Tokenizer } from '@attune/data';
import type { GenerateOptions, Generator } from '@attune/train';
import { stopText } from './stop-text.js';

/** What came of a generation. */
export interface GeneratedText {
  readonly text: string;
  /** Tokens drawn. */
  readonly tokens: number;
  /** Whether a stop text or an end token ended it, or the number of tokens. */
  readonly finishReason: 'stop' | 'length';
}

export interface TextOptions extends Omit<GenerateOptions, 'stop'> {
  /** Texts that end the text; none is part of it. */
  readonly stop?: readonly string[];
  /** Whether a token ends the text, without being part of it. */
  readonly end?: (token: number) => boolean;
  /** Told of each piece of text as it becomes certain. */
  readonly onText?: (piece: string) => void;
}

/** Where a text starts that has no prompt: at a new line, as in nanoGPT, or at the first token if there is none. */
export function emptyPrompt(tokenizer: Tokenizer): readonly number[] {
  try {
    return Array.from<number>(tokenizer.encode('\n'));
  } catch (error) {
    if (isAttuneError(error, 'INVALID_ARGUMENT')) return [0];
    throw error;
  }
}

/** Continues a prompt, as text. */
export async function generateText(
  generator: Generator,
  tokenizer: Tokenizer,
  prompt: readonly number[],
  { stop = [], end, onText, ...options }: TextOptions,
): Promise<GeneratedText> {
  const decoder = streamDecoder(tokenizer);
  const watch = stopText(stop);
  let text = '';
  let tokens = 0;
  let ended = false;
  const show = (piece: string) => {
    text += piece;
    if (piece !== '') onText?.(piece);
  };
  for await (const token of generator.generate(prompt, options)) {
    tokens++;
    ended = end?.(token) ?? false;
    if (ended) break;
    // A vocabulary that was rounded up has ids without a text.
    const piece = token < tokenizer.vocabSize ? decoder.push(token) : `${decoder.end()}\ufffd`;
    show(watch.push(piece));
    if (watch.stopped) break;
  }
  if (!watch.stopped) show(watch.push(decoder.end()));
  show(watch.end());
  return { text, tokens, finishReason: watch.stopped || ended ? 'stop' : 'length' };
}
