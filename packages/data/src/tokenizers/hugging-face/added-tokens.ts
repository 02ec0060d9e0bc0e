import { WORD } from './pre-tokenizer.js';

/** The parts of the library that are used: how a text is cut at added tokens, before and after it is normalized. */
interface Splitter {
  split(text: string): string[];
}

interface WithAddedTokens {
  splitter_unnormalized: Splitter;
  splitter_normalized: Splitter;
  readonly normalizer: ((text: string) => string) | null;
  readonly added_tokens: readonly AddedToken[];
  readonly added_tokens_map: Map<string, AddedToken>;
  readonly model?: { readonly tokens_to_ids: Map<string, number> };
}

interface AddedToken {
  readonly content: string;
  readonly normalized: boolean;
  readonly single_word: boolean;
}

/** The text put before a single word that was found: half a character, which no text has. */
const AS_TOKEN = '\udfffadded token ';

/** A character of a word, as JavaScript writes the pattern. */
const WORD_CHARACTER = new RegExp(`[${WORD.replaceAll('\\x{', '\\u{')}]`, 'u');

/**
 * Lets added tokens that are whole words only (`single_word`) stand for themselves where no part of a word is next to
 * them, as the library that transformers runs does; elsewhere they are text.
 *
 * @param vocab of the model itself, without added tokens.
 */
export function keepSingleWords(tokenizer: WithAddedTokens, vocab: (token: string) => boolean): void {
  const { added_tokens: tokens, normalizer } = tokenizer;
  if (!tokens.some((token) => token.single_word)) return;
  const isNormalized = (token: AddedToken) => token.normalized && normalizer !== null;
  const before = tokens
    .filter((token) => !isNormalized(token))
    .map((token) => [token.content, token] as const);
  const after = tokens.filter(isNormalized).map((token) => [normalizer!(token.content), token] as const);
  // The library takes every piece for a token that is called like one.
  for (const [content, token] of [...before, ...after]) {
    if (!token.single_word) continue;
    tokenizer.added_tokens_map.delete(content);
    tokenizer.added_tokens_map.delete(token.content);
    tokenizer.added_tokens_map.set(AS_TOKEN + content, token);
  }
  tokenizer.splitter_unnormalized = withSingleWords(tokenizer.splitter_unnormalized, new Map(before));
  tokenizer.splitter_normalized = withSingleWords(tokenizer.splitter_normalized, new Map(after));
  // As a part of a word, it is nothing that the model knows.
  for (const { content, single_word: isWord } of tokens) {
    if (isWord && !vocab(content)) tokenizer.model?.tokens_to_ids.delete(content);
  }
}

function withSingleWords(splitter: Splitter, tokens: ReadonlyMap<string, AddedToken>): Splitter {
  return {
    split(text) {
      const sections: string[] = [];
      let end = 0;
      let endsInText = false;
      for (const section of splitter.split(text)) {
        const start = end;
        end += section.length;
        const token = tokens.get(section);
        const isText =
          !token || (token.single_word && (endsInWord(text, start) || beginsWithWord(text, end)));
        if (isText && endsInText) sections.push(sections.pop()! + section);
        else sections.push(!isText && token?.single_word ? AS_TOKEN + section : section);
        endsInText = isText;
      }
      return sections;
    },
  };
}

/** True if the character that ends at `end` belongs to a word. */
function endsInWord(text: string, end: number): boolean {
  const isPair = end > 1 && text.codePointAt(end - 2)! > 0xffff;
  return end > 0 && WORD_CHARACTER.test(text.slice(end - (isPair ? 2 : 1), end));
}

/** True if the character at `start` belongs to a word. */
function beginsWithWord(text: string, start: number): boolean {
  return start < text.length && WORD_CHARACTER.test(String.fromCodePoint(text.codePointAt(start)!));
}
