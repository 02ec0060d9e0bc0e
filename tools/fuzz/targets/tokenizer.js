/** `tokenizer.json`, and what it makes of a text. */
import { hfTokenizer } from '@attune/data';
import { parseJson } from '@attune/core';
import { AttuneError } from '@attune/core';
import { json } from '../fixtures.js';

const TEXT = "the cats <unk> sat on the mat, é日\n\n  x don't 123 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
const kinds = [
  'byte_level',
  'byte_level_split',
  'gemma_bpe',
  'metaspace_bpe',
  'sentencepiece_bpe',
  'unigram',
  'wordpiece',
];

/** With a vocabulary that is short enough to be changed where it matters. */
function shortened(document) {
  const { model } = document;
  const vocab = Array.isArray(model.vocab) ? model.vocab.slice(0, 300) : Object.fromEntries(Object.entries(model.vocab).filter(([, id]) => id < 300)); // prettier-ignore
  const has = (token) => Array.isArray(vocab) || token in vocab;
  const parts = (merge) => (typeof merge === 'string' ? merge.split(' ') : merge);
  const merges = model.merges
    ?.slice(0, 30)
    .filter((merge) => [...parts(merge), parts(merge).join('')].every(has));
  return { ...document, model: { ...model, vocab, ...(merges && { merges }) } };
}

/** The parts around the vocabulary are changed most of the time. */
const seeds = kinds.map((kind) => shortened(json(`tiny_tokenizers/${kind}/tokenizer.json`)));

export const target = {
  form: 'json',
  seeds,
  // A millisecond each.
  share: 0.25,
  prepare: () => void (console.warn = () => undefined),
  read(bytes) {
    let document;
    try {
      document = parseJson(Buffer.from(bytes).toString());
    } catch (cause) {
      // As whoever reads the file says it.
      throw new AttuneError('FILE_CORRUPT', 'not JSON', { cause });
    }
    const tokenizer = hfTokenizer(document, {});
    const ids = Array.from(tokenizer.encode(TEXT));
    for (const id of ids) {
      if (!Number.isSafeInteger(id) || id < 0 || id >= tokenizer.vocabSize)
        throw new Error(`id ${id} is not of ${tokenizer.vocabSize}`);
    }
    if (typeof tokenizer.decode(ids) !== 'string') throw new Error('ids are not turned back');
  },
};
