import { AttuneError, shownValue } from '@attune/core';
import { listOf, objectOf, type JsonObject } from '@attune/files';
import { byteCharacters } from './base/byte-characters.js';
import { tokenizerJson } from './tokenizer-json.js';
import type { Tokenizer } from './base/tokenizer.js';

/** The bytes of each id, and `undefined` where an id is a special token, or none. */
export type TokenSpellings = readonly (Uint8Array | undefined)[];

/** Turns a token as the vocabulary has it into what it stands for: text, or bytes where it is none. */
type Spelling = (token: string) => string | Uint8Array;

const encoder = new TextEncoder();

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * The bytes that each token of a vocabulary adds to a text, in the middle of one: where several tokens spell a character,
 * each has a part of it. Special tokens have none, since no text is meant by them.
 *
 * @throws AttuneError UNSUPPORTED_MODEL if what a token says depends on the tokens around it, as in WordPiece.
 */
export async function tokenBytes(tokenizer: Tokenizer): Promise<TokenSpellings> {
  const description = tokenizer.toJSON();
  if (description.kind === 'gpt2') return gpt2Bytes(tokenizer);
  const document =
    description.kind === 'huggingface'
      ? tokenizer.files?.[description.files.tokenizer]
      : (await tokenizerJson(description))?.['tokenizer.json'];
  const json = objectOf(document);
  const spell = spellingOf(json['decoder']);
  const bytes = new Array<Uint8Array | undefined>(tokenizer.vocabSize).fill(undefined);
  for (const [token, id] of [...vocabularyOf(objectOf(json['model'])), ...addedTokens(json)]) {
    const spelled = spell(token);
    bytes[id] = typeof spelled === 'string' ? encoder.encode(spelled) : spelled;
  }
  for (const { id, special } of listOf(json['added_tokens']).map(objectOf)) {
    if (special === true && typeof id === 'number') bytes[id] = undefined;
  }
  return bytes;
}

/** A `tokenizer.json` would say the same, but its merges take seconds to find. */
async function gpt2Bytes({ vocabSize }: Tokenizer): Promise<TokenSpellings> {
  const { default: ranked } = await import('gpt-tokenizer/bpeRanks/r50k_base');
  return Array.from({ length: vocabSize }, (_, id) => {
    const token = ranked[id];
    return typeof token === 'string' ? encoder.encode(token) : token && Uint8Array.from(token);
  });
}

function vocabularyOf({ vocab }: JsonObject): (readonly [string, number])[] {
  // In Unigram, entries are pairs of a token and its score.
  if (Array.isArray(vocab)) return vocab.map((entry, id) => [String(listOf(entry)[0]), id] as const);
  return Object.entries(objectOf(vocab)) as [string, number][];
}

function addedTokens(json: JsonObject): (readonly [string, number])[] {
  return listOf(json['added_tokens'])
    .map(objectOf)
    .map(({ content, id }) => [String(content), id as number] as const);
}

/** @throws AttuneError UNSUPPORTED_MODEL. */
function spellingOf(decoder: unknown): Spelling {
  const steps = stepsOf(decoder);
  const isJoined = steps.findIndex(({ type }) => type === 'Fuse' || type === 'ByteLevel');
  const spellings = steps.flatMap((step, i): Spelling[] => {
    const { type, pattern, content, replacement = '▁' } = step;
    const text = objectOf(pattern)['String'];
    if (type === 'Fuse') return [];
    // Of a whole text, which an answer is not the begin of.
    if (type === 'Strip' && isJoined >= 0 && i > isJoined) return [];
    if (type === 'ByteLevel') return [ofByteCharacters];
    if (type === 'ByteFallback') return [ofNamedByte];
    if (type === 'Metaspace') return [(token) => token.replaceAll(String(replacement), ' ')];
    if (type === 'Replace' && typeof text === 'string' && typeof content === 'string') {
      return [(token) => token.replaceAll(text, () => content)];
    }
    throw unsupported(`its decoder has a step ${shownValue(type)}`);
  });
  if (spellings.length === 0 && isJoined < 0) throw unsupported('it has no decoder');
  return (token) =>
    spellings.reduce<string | Uint8Array>(
      (spelled, spell) => (typeof spelled === 'string' ? spell(spelled) : spelled),
      token,
    );
}

function stepsOf(decoder: unknown): readonly JsonObject[] {
  const { type, decoders } = objectOf(decoder);
  if (type === 'Sequence') return listOf(decoders).flatMap(stepsOf);
  return type === undefined ? [] : [objectOf(decoder)];
}

const byteOf = new Map(byteCharacters.map((char, byte) => [char, byte]));

/** Where a character stands for each byte; a token with others stands for itself. */
function ofByteCharacters(token: string): string | Uint8Array {
  const bytes = Array.from(token, (char) => byteOf.get(char));
  return bytes.includes(undefined) ? token : Uint8Array.from(bytes as number[]);
}

function ofNamedByte(token: string): string | Uint8Array {
  const byte = BYTE.exec(token);
  return byte ? Uint8Array.of(parseInt(byte[1]!, 16)) : token;
}

function unsupported(reason: string): AttuneError {
  return new AttuneError(
    'UNSUPPORTED_MODEL',
    `What a token of this tokenizer spells depends on the tokens around it: ${reason}.`,
    {
      fix: 'Use a model with a byte-level or SentencePiece vocabulary, or one of single bytes or characters.',
    },
  );
}
