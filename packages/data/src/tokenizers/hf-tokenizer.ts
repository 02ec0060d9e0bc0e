import { AttuneError } from '@attune/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { bordersOf } from './hf-borders.js';
import { checkIds, type HuggingFaceFiles, type Tokenizer } from './tokenizer.js';

/**
 * A tokenizer of a Hugging Face model folder: BPE, WordPiece or Unigram, as `@huggingface/tokenizers` reads them.
 * Special tokens that stand in a text are recognised as such, but none is added.
 *
 * @param tokenizerJson the parsed `tokenizer.json`.
 * @param tokenizerConfig the parsed `tokenizer_config.json`, where there is one.
 * @throws AttuneError FILE_CORRUPT if this is not a tokenizer that the library knows.
 */
export function hfTokenizer(tokenizerJson: unknown, tokenizerConfig?: unknown): Tokenizer {
  const hf = construct(tokenizerJson, tokenizerConfig);
  const vocabSize = [...hf.get_vocab(true).values()].reduce((size, id) => Math.max(size, id + 1), 0);
  const names: HuggingFaceFiles = {
    tokenizer: 'tokenizer.json',
    ...(tokenizerConfig === undefined ? {} : { config: 'tokenizer_config.json' }),
  };
  const lastBorder = bordersOf(tokenizerJson, tokenizerConfig);
  const tokenizer: Tokenizer = {
    name: 'huggingface',
    vocabSize,
    encode: (text) => hf.encode(text, { add_special_tokens: false }).ids,
    ...(lastBorder && { lastBorder }),
    decode(ids) {
      checkIds(tokenizer, ids);
      // Cleaning up spaces would make " ," into ",", and the text another one.
      return ids.length === 0
        ? ''
        : hf.decode(Array.from(ids), { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
    files: {
      [names.tokenizer]: tokenizerJson,
      ...(names.config ? { [names.config]: tokenizerConfig } : {}),
    },
    toJSON: () => ({ kind: 'huggingface', files: names }),
  };
  return tokenizer;
}

function construct(tokenizerJson: unknown, tokenizerConfig: unknown): HuggingFaceTokenizer {
  const isTokenizer = isObject(tokenizerJson) && isObject(tokenizerJson['model']);
  if (!isTokenizer || !(tokenizerConfig === undefined || isObject(tokenizerConfig))) {
    throw new AttuneError(
      'FILE_CORRUPT',
      'Expected the contents of a tokenizer.json, with a "model", and of a tokenizer_config.json.',
      { fix: 'Pass the files of a model folder in which transformers finds a fast tokenizer.' },
    );
  }
  try {
    return new HuggingFaceTokenizer(tokenizerJson, tokenizerConfig ?? {});
  } catch (cause) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `The tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
