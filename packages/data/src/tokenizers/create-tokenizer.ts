import { AttuneError } from '@attune/core';
import { byteTokenizer } from './byte-tokenizer.js';
import { charTokenizer } from './char-tokenizer.js';
import { gpt2Tokenizer } from './gpt2-tokenizer.js';
import { hfTokenizer } from './hugging-face/tokenizer.js';
import type { Tokenizer, TokenizerDescription } from './base/tokenizer.js';

/**
 * The tokenizer of a description.
 *
 * @param readJson reads a JSON file that the description names. Needed for `huggingface` only.
 */
export async function createTokenizer(
  description: TokenizerDescription,
  readJson?: (name: string) => Promise<unknown>,
): Promise<Tokenizer> {
  switch (description.kind) {
    case 'char':
      return charTokenizer(description.chars);
    case 'bytes':
      return byteTokenizer();
    case 'gpt2':
      return gpt2Tokenizer();
    case 'huggingface': {
      const { tokenizer, config } = description.files;
      if (!readJson) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `This tokenizer is kept in ${tokenizer}, but there is nothing to read it with.`,
          { fix: 'Pass a function that reads files of its folder.' },
        );
      }
      return hfTokenizer(
        await readJson(tokenizer),
        config === undefined ? undefined : await readJson(config),
      );
    }
  }
}
