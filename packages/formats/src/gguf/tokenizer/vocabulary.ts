import { objectOf } from '@attune/files';
import { ggufValue as value, type GgufValue } from '../file/metadata.js';
import { byteLevelBpe } from './byte-level-bpe.js';
import type { VocabularyKind } from './vocabulary-kind.js';

/** A model's tokenizer, and what is said with it. */
export interface GgufTokenizer {
  /** The parsed `tokenizer.json`; `undefined` if the model has none. */
  readonly tokenizerJson?: unknown;
  /** The token that begins a text. */
  readonly bos?: number;
  /** Tokens at which generation stops, the most important first. */
  readonly eosIds?: readonly number[];
  readonly pad?: number;
  readonly unk?: number;
  /** True if every text begins with `bos`. Default false. */
  readonly addBos?: boolean;
  /** A Jinja template for conversations. */
  readonly chatTemplate?: string;
}

/** A vocabulary in llama.cpp's words. */
export interface Vocabulary {
  readonly keys: readonly (readonly [key: string, value: GgufValue])[];
  /** Properties that llama.cpp has no words for, a phrase each. */
  readonly faults: readonly string[];
}

/** The byte 255 as byte-level vocabularies spell it. No UTF-8 has it. */
const NEVER = 'ÿ';

/**
 * A tokenizer in llama.cpp's words. Where no token ends a text, llama.cpp would take the one with the id 11: it is told
 * the byte 255, which no text has.
 *
 * @param vocabSize rows of the model's embedding.
 */
export function ggufVocabulary(tokenizer: GgufTokenizer, vocabSize: number): Vocabulary {
  const { tokenizerJson, eosIds = [], bos, pad, unk, addBos = false, chatTemplate } = tokenizer;
  if (tokenizerJson === undefined) return { keys: [], faults: ['it has no tokenizer'] };
  const { tokens, kinds, faults, keys } = kindOf(tokenizerJson, vocabSize);
  const never = tokens.indexOf(NEVER);
  const [eos = never, eot] = eosIds;
  const ids = {
    bos_token_id: bos ?? eos,
    eos_token_id: eos,
    eot_token_id: eot,
    padding_token_id: pad,
    unknown_token_id: unk,
  };
  const given = Object.entries(ids).filter(([, id]) => id !== undefined);
  const wrong = given.filter(([, id]) => !(id! >= 0 && id! < vocabSize));
  return {
    keys: [
      ...keys,
      ['tokenizer.ggml.tokens', value.strings(tokens)],
      ['tokenizer.ggml.token_type', value.i32s(kinds)],
      ...given.map(([key, id]) => [`tokenizer.ggml.${key}`, value.u32(Math.max(id!, 0))] as const),
      ['tokenizer.ggml.add_bos_token', value.bool(addBos)],
      ['tokenizer.ggml.add_eos_token', value.bool(false)],
      ...(chatTemplate === undefined
        ? []
        : [['tokenizer.chat_template', value.string(chatTemplate)] as const]),
    ],
    faults: [
      ...faults,
      // Of a vocabulary that is refused, nothing else is said.
      ...(faults.length === 0 && wrong.length > 0
        ? [`its vocabulary of ${vocabSize} has no ${wrong.map(([key]) => key).join(', ')}`]
        : []),
    ],
  };
}

function kindOf(tokenizerJson: unknown, vocabSize: number): VocabularyKind {
  const document = objectOf(tokenizerJson);
  const { type } = objectOf(document['model']);
  if (type === 'BPE') return byteLevelBpe(document, vocabSize);
  const name = typeof type === 'string' ? type.slice(0, 40) : 'of no kind';
  const fault = `its tokenizer is ${name}, and only byte-level BPE is written`;
  return { tokens: [], kinds: new Int32Array(), keys: [], faults: [fault] };
}
