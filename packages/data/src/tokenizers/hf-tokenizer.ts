import { AttuneError, mayBacktrackForever, messageOf } from '@attune/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { bordersOf } from './hf-borders.js';
import { correctModel } from './hf-model.js';
import { normalizerWrittenOut } from './hf-normalizer.js';
import { preTokenizerWrittenOut } from './hf-pre-tokenizer.js';
import { objectOf } from './json.js';
import { checkIds, type HuggingFaceFiles, type Tokenizer } from './tokenizer.js';

/**
 * A tokenizer of a Hugging Face model folder: BPE, WordPiece or Unigram, as `@huggingface/tokenizers` reads them.
 * Special tokens that stand in a text are recognised as such, but none is added.
 *
 * @param tokenizerJson the parsed `tokenizer.json`.
 * @param tokenizerConfig the parsed `tokenizer_config.json`, where there is one.
 * @throws AttuneError FILE_CORRUPT if this is not a tokenizer that the library knows, here or where it is used.
 */
export function hfTokenizer(tokenizerJson: unknown, tokenizerConfig?: unknown): Tokenizer {
  const hf = construct(tokenizerJson, tokenizerConfig);
  const vocabSize = sizeOfVocabulary(hf);
  const names: HuggingFaceFiles = {
    tokenizer: 'tokenizer.json',
    ...(tokenizerConfig === undefined ? {} : { config: 'tokenizer_config.json' }),
  };
  const lastBorder = bordersOf(tokenizerJson, tokenizerConfig);
  const tokenizer: Tokenizer = {
    name: 'huggingface',
    vocabSize,
    encode(text) {
      const ids = using(() => hf.encode(text, { add_special_tokens: false }).ids);
      // Where a token is not in the vocabulary, the library may give something that is no id.
      const wrong = ids.findIndex((id: number) => !isId(id, vocabSize));
      if (wrong < 0) return ids;
      throw unusable(`it gives a text the id ${String(ids[wrong])}, which its vocabulary does not have`);
    },
    ...(lastBorder && { lastBorder }),
    decode(ids) {
      checkIds(tokenizer, ids);
      // Cleaning up spaces would make " ," into ",", and the text another one.
      return ids.length === 0
        ? ''
        : using(() =>
            hf.decode(Array.from(ids), { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
          );
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
  const endless = patternsOf(tokenizerJson).find(mayBacktrackForever);
  if (endless !== undefined) {
    throw unusable(`its pattern ${JSON.stringify(endless)} might never come to an end`);
  }
  const { model, normalizer, pre_tokenizer: preTokenizer } = tokenizerJson;
  if (objectOf(model)['type'] === 'BPE' && objectOf(model)['continuing_subword_prefix']) {
    throw unusable('its BPE marks the continuation of words (continuing_subword_prefix)');
  }
  return using(() => {
    const written = {
      ...tokenizerJson,
      normalizer: normalizerWrittenOut(normalizer),
      pre_tokenizer: preTokenizerWrittenOut(preTokenizer),
    };
    const hf = new HuggingFaceTokenizer(written, tokenizerConfig ?? {});
    if (hf.model) correctModel(hf.model, model);
    keepByteOrderMarks(hf.decoder);
    return hf;
  });
}

/** To the library's decoder of single bytes, a byte order mark is nothing; here it is a character like any other. */
function keepByteOrderMarks(decoder: unknown): void {
  // Its decoders are functions with properties.
  const { decoders } = (decoder ?? {}) as { readonly decoders?: unknown };
  for (const step of Array.isArray(decoders) ? (decoders as unknown[]) : [decoder]) {
    if (typeof step !== 'function' || !('text_decoder' in step)) continue;
    step.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  }
}

function unusable(reason: string, cause?: unknown): AttuneError {
  return new AttuneError('FILE_CORRUPT', `The tokenizer.json cannot be used: ${reason}.`, { cause });
}

/** Runs something of the library, which takes a tokenizer.json at its word. */
function using<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw unusable(messageOf(cause), cause);
  }
}

function isId(id: unknown, vocabSize = 2 ** 31): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
}

function sizeOfVocabulary(hf: HuggingFaceTokenizer): number {
  let size = 0;
  for (const [token, id] of hf.get_vocab(true)) {
    if (!isId(id)) throw unusable(`the id of ${JSON.stringify(token)} is ${String(id)}`);
    size = Math.max(size, id + 1);
  }
  return size;
}

/** The regular expressions that a tokenizer.json has: those of its normalizer, its pre-tokenizer and its decoder. */
function patternsOf({ normalizer, pre_tokenizer, decoder }: Record<string, unknown>): string[] {
  const patterns: string[] = [];
  const unseen: unknown[] = [normalizer, pre_tokenizer, decoder];
  while (unseen.length > 0) {
    const value = unseen.pop();
    if (typeof value !== 'object' || value === null) continue;
    const { Regex: pattern } = value as { Regex?: unknown };
    if (typeof pattern === 'string') patterns.push(pattern);
    for (const inner of Object.values(value)) unseen.push(inner);
  }
  return patterns;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
