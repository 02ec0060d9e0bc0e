import type { Tokenizer } from '@attune/data';
import type { GenerateOptions, Generator } from '@attune/train';
import { growingText, type GeneratedText } from './growing-text.js';

/** A text to be drawn. */
export interface TextRequest {
  readonly prompt: readonly number[];
  /** Ids that the text stands after, where that is not the prompt: none, where the model begins by itself. */
  readonly before?: readonly number[];
  readonly seed: number;
}

/** How texts are drawn. */
export interface RowOptions extends Omit<GenerateOptions, 'stop' | 'seed'> {
  /** Texts that end a text; none is part of it. */
  readonly stop?: readonly string[];
  /** True if a token ends a text, without being part of it. */
  readonly end?: (token: number) => boolean;
}

/**
 * Continues many prompts, as many together as the generator has rows. Each becomes what it would become alone. Yields the
 * texts in the order of their prompts.
 */
export async function* generateTexts<T extends TextRequest>(
  generator: Generator,
  rows: number,
  tokenizer: Tokenizer,
  requests: readonly T[],
  { stop, end, ...options }: RowOptions,
): AsyncGenerator<readonly [request: T, text: GeneratedText], void, undefined> {
  for (let start = 0; start < requests.length; start += rows) {
    const batch = requests.slice(start, start + rows);
    const texts = batch.map(({ prompt, before = prompt }) => growingText(tokenizer, { stop, end, before }));
    // The rows of the last batch that nothing is left for repeat its last prompt, and end at once.
    const filled = Array.from({ length: rows }, (_, row) => batch[Math.min(row, batch.length - 1)]!);
    const drawn = generator.generateRows(
      filled.map(({ prompt }) => prompt),
      {
        ...options,
        seed: filled.map(({ seed }) => seed),
        stop: (tokens, row) => texts[row]?.push(tokens.at(-1)!) ?? true,
      },
    );
    while (!(await drawn.next()).done);
    for (const [row, request] of batch.entries()) yield [request, texts[row]!.finish()];
  }
}
