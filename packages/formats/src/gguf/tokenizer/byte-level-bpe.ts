import { listOf, objectOf, type JsonObject } from '@attune/files';
import { ggufValue as value } from '../file/metadata.js';
import { preTokenizerName } from './pre-tokenizer.js';
import { tokenList } from './token-list.js';
import type { VocabularyKind } from './vocabulary-kind.js';

/** The two parts of a merge: a pair, or a text with a space in between. */
function partsOf(merge: unknown): readonly unknown[] {
  return typeof merge === 'string' ? merge.split(' ') : listOf(merge);
}

/** Merges as llama.cpp reads them. @returns `undefined` if one is not two tokens without a space. */
function mergesOf(merges: unknown): string[] | undefined {
  const written: string[] = [];
  for (const merge of listOf(merges)) {
    const parts = partsOf(merge);
    const fits =
      parts.length === 2 && parts.every((part) => typeof part === 'string' && /^[^ ]+$/.test(part));
    if (!fits) return undefined;
    written.push(parts.join(' '));
  }
  return written;
}

/** Steps of a normalizer, by their types. */
function normalizers(step: unknown): readonly string[] {
  const { type, normalizers: inner } = objectOf(step);
  if (step === null || step === undefined) return [];
  return type === 'Sequence' ? listOf(inner).flatMap(normalizers) : [String(type).slice(0, 40)];
}

/**
 * A BPE over bytes, as GPT-2, Llama 3, Qwen and SmolLM have it. A normalizer to NFC is left out, as llama.cpp's own converter
 * does: text is in that form but for rare cases.
 *
 * @param document a tokenizer.json.
 */
export function byteLevelBpe(document: JsonObject, vocabSize: number): VocabularyKind {
  const model = objectOf(document['model']);
  const merges = mergesOf(model['merges']);
  const {
    tokens,
    kinds,
    faults: listed,
  } = tokenList(objectOf(model['vocab']), document['added_tokens'], vocabSize);
  const pre = preTokenizerName(document['pre_tokenizer'], {
    merges: merges === undefined || merges.length > 0,
    ignoresMerges: model['ignore_merges'] === true && merges?.length !== 0,
  });
  const faults = [...listed];
  if ('fault' in pre) faults.push(pre.fault);
  if (!merges) faults.push('its merges are not pairs of tokens without spaces');
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix'] as const) {
    if (model[key]) faults.push(`its tokenizer marks the parts of words (${key})`);
  }
  if (model['dropout']) faults.push('its tokenizer leaves out merges at random (dropout)');
  const changes = normalizers(document['normalizer']).filter((type) => type !== 'NFC');
  if (changes.length > 0)
    faults.push(`its tokenizer changes texts before it cuts them (${changes.slice(0, 4).join(', ')})`);
  return {
    ...{ tokens, kinds, faults },
    keys: [
      ['tokenizer.ggml.model', value.string('gpt2')],
      ['tokenizer.ggml.pre', value.string('name' in pre ? pre.name : 'default')],
      ['tokenizer.ggml.merges', value.strings(merges ?? [])],
    ],
  };
}
