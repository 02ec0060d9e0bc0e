import type { Tokenizer } from '../../tokenizers/index.js';
import { readSpecialTokens, type SpecialTokenFiles } from './read-special-tokens.js';
import type { SpecialTokens } from './special-tokens.js';

/**
 * The special tokens of a tokenizer: those its own files name, with what the model's other files add. GPT-2's vocabulary
 * has one, `<|endoftext|>`; characters and bytes have none.
 *
 * @throws AttuneError FILE_CORRUPT if a special token is not in the vocabulary.
 */
export function specialTokensOf(tokenizer: Tokenizer, files: SpecialTokenFiles = {}): SpecialTokens {
  switch (tokenizer.name) {
    case 'huggingface':
      return readSpecialTokens({
        tokenizerJson: tokenizer.files?.['tokenizer.json'],
        tokenizerConfig: tokenizer.files?.['tokenizer_config.json'],
        ...files,
      });
    case 'gpt2': {
      const text = '<|endoftext|>';
      const id = 50256;
      return {
        bos: id,
        eos: id,
        eosIds: [id],
        padId: id,
        addBos: false,
        texts: new Map([[text, id]]),
        names: { bos_token: text, eos_token: text },
      };
    }
    default:
      return { eosIds: [], padId: 0, addBos: false, texts: new Map(), names: {} };
  }
}
