import { byteCharacters } from './base/byte-characters.js';
import { GPT2_PIECES } from './gpt2-tokenizer.js';
import { bpeModel, specialToken, tokenizerDocument } from './tokenizer-document.js';
import type { TokenizerDescription } from './base/tokenizer.js';

/** The files in which Hugging Face's libraries look for a tokenizer, as JSON documents by name. */
export interface TokenizerJson {
  readonly 'tokenizer.json': object;
  readonly 'tokenizer_config.json': object;
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

/** Without the clean-up, " ," stays " ,": a text is what its tokens say. */
const config = { tokenizer_class: 'PreTrainedTokenizerFast', clean_up_tokenization_spaces: false };

/**
 * A tokenizer as a `tokenizer.json` that gives the same ids, and a `tokenizer_config.json`.
 *
 * Two things differ where the libraries leave no choice. A character that a `char` vocabulary lacks is left out, not
 * refused; and `<|endoftext|>` in a text is GPT-2's token of that name, not ordinary text.
 *
 * @returns `undefined` for `huggingface`, whose files exist already.
 */
export async function tokenizerJson(description: TokenizerDescription): Promise<TokenizerJson | undefined> {
  switch (description.kind) {
    case 'char':
      return {
        'tokenizer.json': tokenizerDocument({
          model: bpeModel([...description.chars]),
          decoder: { type: 'Fuse' },
        }),
        'tokenizer_config.json': config,
      };
    case 'bytes':
      return {
        'tokenizer.json': tokenizerDocument({
          pre_tokenizer: byteLevel,
          model: bpeModel(byteCharacters),
          decoder: byteLevel,
        }),
        'tokenizer_config.json': config,
      };
    case 'gpt2':
      return gpt2Json();
    case 'huggingface':
      return undefined;
  }
}

const END_OF_TEXT = '<|endoftext|>';

async function gpt2Json(): Promise<TokenizerJson> {
  const { default: ranked } = await import('gpt-tokenizer/bpeRanks/r50k_base');
  const encoder = new TextEncoder();
  const tokens = Array.from(ranked, (token) => {
    const bytes = typeof token === 'string' ? encoder.encode(token) : token!;
    return Array.from(bytes, (byte) => byteCharacters[byte]!).join('');
  });
  return {
    'tokenizer.json': tokenizerDocument({
      added_tokens: [specialToken(tokens.length, END_OF_TEXT)],
      // Not ByteLevel's own pattern: `\s` is not the same white space in every language.
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: GPT2_PIECES.source }, behavior: 'Isolated', invert: false },
          byteLevel,
        ],
      },
      model: bpeModel([...tokens, END_OF_TEXT], mergesOf(tokens)),
      decoder: byteLevel,
    }),
    'tokenizer_config.json': {
      ...config,
      bos_token: END_OF_TEXT,
      eos_token: END_OF_TEXT,
      unk_token: END_OF_TEXT,
    },
  };
}

/**
 * The merges by which ranked tokens came to be. A token is merged from the two parts that are left when its characters
 * are merged as far as earlier tokens go.
 */
function mergesOf(tokens: readonly string[]): [string, string][] {
  const ranks = new Map(tokens.map((token, rank) => [token, rank]));
  return tokens.flatMap((token, rank): [string, string][] => {
    const parts = [...token];
    if (parts.length === 1) return [];
    while (parts.length > 2) {
      let [best, at] = [rank, -1];
      for (let i = 0; i + 1 < parts.length; i++) {
        const merged = ranks.get(parts[i]! + parts[i + 1]!) ?? rank;
        if (merged < best) [best, at] = [merged, i];
      }
      parts.splice(at, 2, parts[at]! + parts[at + 1]!);
    }
    return [parts as [string, string]];
  });
}
