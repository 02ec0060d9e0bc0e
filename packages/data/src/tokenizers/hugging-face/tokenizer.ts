import { AttuneError, isAttuneError, messageOf, shownValue } from '@attune/core';
import type { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { isJsonObject, objectOf } from '@attune/files';
import { keepSingleWords } from './added-tokens.js';
import { bordersOf } from './borders.js';
import { byteIds, correctDecoder, decoderWrittenOut } from './decoder.js';
import { GuardedTokenizer } from './guards.js';
import { checkLimits } from './limits.js';
import { correctModel } from './models/correct-model.js';
import { normalizerWrittenOut } from './normalizer.js';
import { preTokenizerWrittenOut } from './pre-tokenizer.js';
import { checkIds, type HuggingFaceFiles, type Tokenizer } from '../base/tokenizer.js';

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
  const bytes = byteIds(tokenizerJson, hf.get_vocab(true));
  const tokenizer: Tokenizer = {
    name: 'huggingface',
    vocabSize,
    encode(text) {
      const { ids, tokens } = using(() => hf.encode(text, { add_special_tokens: false }));
      // Where a token is not in the vocabulary, the library may give something that is no id.
      const wrong = ids.findIndex((id: number) => !isId(id, vocabSize));
      if (wrong < 0) return ids;
      if (ids[wrong] === undefined && needsUnknown(tokenizerJson))
        throw unknownToken(tokens[wrong], tokenizerJson);
      throw unusable(`it gives a text the id ${String(ids[wrong])}, which its vocabulary does not have`);
    },
    ...(lastBorder && { lastBorder }),
    ...(bytes && { isByte: (id: number) => bytes.has(id) }),
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
  const isTokenizer = isJsonObject(tokenizerJson) && isJsonObject(tokenizerJson['model']);
  if (!isTokenizer || !(tokenizerConfig === undefined || isJsonObject(tokenizerConfig))) {
    throw new AttuneError(
      'FILE_CORRUPT',
      'Expected the contents of a tokenizer.json, with a "model", and of a tokenizer_config.json.',
      { fix: 'Pass the files of a model folder in which transformers finds a fast tokenizer.' },
    );
  }
  const { model, normalizer, pre_tokenizer: preTokenizer } = tokenizerJson;
  if (objectOf(model)['type'] === 'BPE' && objectOf(model)['continuing_subword_prefix']) {
    throw unusable('its BPE marks the continuation of words (continuing_subword_prefix)');
  }
  return using(() => {
    checkLimits(tokenizerJson);
    const written = {
      ...tokenizerJson,
      decoder: decoderWrittenOut(tokenizerJson['decoder']),
      // Without special tokens, it adds nothing.
      ...('post_processor' in tokenizerJson && { post_processor: null }),
      normalizer: normalizerWrittenOut(normalizer),
      pre_tokenizer: preTokenizerWrittenOut(preTokenizer),
    };
    // Only what skips special tokens asks for more of them.
    const config = { ...tokenizerConfig, additional_special_tokens: [] };
    const hf = new GuardedTokenizer(written, config);
    if (hf.model) correctModel(hf.model, model);
    keepSingleWords(hf, vocabularyOf(model));
    correctDecoder(hf.decoder);
    return hf;
  });
}

/** Tells which tokens are the model's own; in Unigram, its entries are pairs. */
function vocabularyOf(model: unknown): (token: string) => boolean {
  const { vocab } = objectOf(model);
  if (!Array.isArray(vocab)) return (token) => Object.hasOwn(objectOf(vocab), token);
  let tokens: Set<unknown> | undefined;
  return (token) =>
    (tokens ??= new Set(vocab.map((entry) => (Array.isArray(entry) ? entry[0] : undefined)))).has(token);
}

/** True if the model takes a text as words, which may be missing from any vocabulary. */
function needsUnknown(tokenizerJson: unknown): boolean {
  const { type } = objectOf(objectOf(tokenizerJson)['model']);
  return type === 'WordLevel' || type === 'WordPiece';
}

/** A part of a text that is in no vocabulary, where the tokenizer has no token for the unknown either. */
function unknownToken(token: string | undefined, tokenizerJson: unknown): AttuneError {
  const { type, unk_token: unknown } = objectOf(objectOf(tokenizerJson)['model']);
  const part = token === undefined || token === unknown ? 'a part of the text' : JSON.stringify(token);
  const none =
    typeof unknown === 'string'
      ? `and ${JSON.stringify(unknown)}, which would stand for the unknown, is not in it either`
      : 'and it names no token for the unknown';
  return new AttuneError(
    'INVALID_ARGUMENT',
    `The vocabulary of the tokenizer (${typeof type === 'string' ? type : shownValue(type)}) lacks ${part}, ${none}.`,
    {
      fix: 'Leave such texts out, or choose a tokenizer with a token for the unknown ("unk_token" of its model).',
    },
  );
}

function unusable(reason: string, cause?: unknown): AttuneError {
  return new AttuneError('FILE_CORRUPT', `The tokenizer.json cannot be used: ${reason}.`, { cause });
}

/** Runs something of the library, which takes a tokenizer.json at its word. */
function using<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (isAttuneError(cause)) throw cause;
    throw unusable(messageOf(cause), cause);
  }
}

function isId(id: unknown, vocabSize = 2 ** 31): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
}

function sizeOfVocabulary(hf: HuggingFaceTokenizer): number {
  let size = 0;
  for (const [token, id] of hf.get_vocab(true)) {
    if (!isId(id)) throw unusable(`the id of ${JSON.stringify(token)} is ${shownValue(id)}`);
    size = Math.max(size, id + 1);
  }
  return size;
}
