import { streamDecoder, type Tokenizer } from '@attune/data';
import { stopText } from './stop-text.js';

/** The outcome of a generation. */
export interface GeneratedText {
  readonly text: string;
  /** Tokens drawn. */
  readonly tokens: number;
  /** `stop` if a stop text or an end token ended it; `length` if the number of tokens did. */
  readonly finishReason: 'stop' | 'length';
}

/** The conditions that end a text, and the callbacks on its pieces. */
export interface GrowthOptions {
  /** Texts that end the text; none is part of it. */
  readonly stop?: readonly string[];
  /** True if a token ends the text, without being part of it. */
  readonly end?: (token: number) => boolean;
  /** Ids that stand before the text, which tell whether it begins with a space. */
  readonly before?: readonly number[];
  /** Told of each piece of text as it becomes certain. */
  readonly onText?: (piece: string) => void;
}

/** A text that is made of tokens, one after the other. */
export interface GrowingText {
  /** Takes the next token. `true` if it ended the text. */
  push(token: number): boolean;
  /** The text, when no more tokens come. */
  finish(): GeneratedText;
}

/** A text of tokens, that ends where one of its stops comes. */
export function growingText(
  tokenizer: Tokenizer,
  { stop = [], end, before, onText }: GrowthOptions,
): GrowingText {
  const decoder = streamDecoder(tokenizer, before);
  const watch = stopText(stop);
  let text = '';
  let tokens = 0;
  let ended = false;
  const show = (piece: string) => {
    text += piece;
    if (piece !== '') onText?.(piece);
  };
  return {
    push(token) {
      tokens++;
      ended = end?.(token) ?? false;
      if (ended) return true;
      // A vocabulary that was rounded up has ids without a text: nothing, as for transformers.
      if (token < tokenizer.vocabSize) show(watch.push(decoder.push(token)));
      return watch.stopped;
    },
    finish() {
      if (!watch.stopped) show(watch.push(decoder.end()));
      show(watch.end());
      return { text, tokens, finishReason: watch.stopped || ended ? 'stop' : 'length' };
    },
  };
}
