/** The table of a `Precompiled` normalizer: a trie that may lead anywhere. */
import { hfTokenizer } from '@attune/data';
import { json } from '../fixtures.js';

/** The base64 texts of a document. */
function tablesOf(value) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((inner) =>
    typeof inner === 'string' && /^[A-Za-z0-9+/]{60,}=*$/.test(inner) ? [inner] : tablesOf(inner),
  );
}

/** A trie of two letters, as small as one can be. */
const small = Buffer.concat([Buffer.from([16, 0, 0, 0]), Buffer.alloc(16, 0), Buffer.from('a\0bc\0')]);
const unigram = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: 'Unigram', unk_id: 0, vocab: [['<unk>', 0], ['a', -1], ['b', -2]] }, // prettier-ignore
};

export const target = {
  form: 'bytes',
  share: 0.5,
  seeds: [
    small,
    ...tablesOf(json('precompiled/case.json'))
      .slice(0, 2)
      .map((text) => Buffer.from(text, 'base64').subarray(0, 20_000)),
  ],
  readShare: [0, 1],
  prepare: () => void (console.warn = () => undefined),
  read(bytes) {
    const normalizer = { type: 'Precompiled', precompiled_charsmap: Buffer.from(bytes).toString('base64') };
    hfTokenizer({ ...unigram, normalizer }, {}).encode('ab é ① ﬁ\u0301 日');
  },
};
