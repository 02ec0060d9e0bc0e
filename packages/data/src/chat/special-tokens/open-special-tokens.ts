import { readJson, type Folder } from '@attune/files';
import type { Tokenizer } from '../../tokenizers/index.js';
import { MAX_TOKENIZER_BYTES } from '../../tokenizers/tokenizer-size.js';
import { specialTokensOf } from './special-tokens-of.js';
import type { SpecialTokens } from './special-tokens.js';

const MODEL_JSON = { maxBytes: MAX_TOKENIZER_BYTES, fix: 'Choose a model folder.' };

/**
 * The special tokens of a model, from all its files that name them.
 *
 * @param tokenizer of this folder.
 * @param folders where `generation_config.json` and `config.json` may lie, e.g. those of an adapter and of its model:
 * each is read from the first that has it. Default: the tokenizer's.
 * @throws AttuneError FILE_CORRUPT
 */
export async function openSpecialTokens(
  folder: Folder,
  tokenizer: Tokenizer,
  folders: readonly Folder[] = [folder],
): Promise<SpecialTokens> {
  const read = async (name: string, within: readonly Folder[]) => {
    for (const one of within) {
      if (await one.has(name)) return readJson(one, name, MODEL_JSON);
    }
    return undefined;
  };
  return specialTokensOf(tokenizer, {
    specialTokensMap: await read('special_tokens_map.json', [folder]),
    generationConfig: await read('generation_config.json', folders),
    config: await read('config.json', folders),
  });
}
