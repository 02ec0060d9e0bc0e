/** `meta.json` of token files, and the tokenizer that it describes. */
import { AttuneError, parseJson } from '@attune/core';
import { createTokenizer, parseTokenMeta } from '@attune/data';

const meta = { format: 1, tokenizer: { kind: 'char', chars: '\n .acdeghlmnost' }, dtype: 'uint16', vocabSize: 15, trainTokens: 1728, valTokens: 192, sha256: { 'train.bin': 'a'.repeat(64), 'val.bin': 'b'.repeat(64) } }; // prettier-ignore

export const target = {
  form: 'json',
  seeds: [
    meta,
    { ...meta, tokenizer: { kind: 'bytes' }, vocabSize: 256 },
    { ...meta, tokenizer: { kind: 'gpt2' }, vocabSize: 50257 },
  ],
  async read(bytes) {
    let value;
    try {
      value = parseJson(Buffer.from(bytes).toString());
    } catch (cause) {
      throw new AttuneError('FILE_CORRUPT', 'not JSON', { cause });
    }
    const { tokenizer } = parseTokenMeta(value);
    if (tokenizer && ['char', 'bytes'].includes(tokenizer.kind))
      (await createTokenizer(tokenizer)).encode('a');
  },
};
