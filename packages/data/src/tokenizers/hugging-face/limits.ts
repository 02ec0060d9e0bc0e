import { listOf, objectOf, type JsonObject } from '@attune/files';
import { shown } from './pattern.js';

/** Longest pattern of a file, and longest token; those of known tokenizers have hundreds of characters at most. */
const MAX_PATTERN = 4000;
const MAX_TOKEN = 4096;

/** Most steps of a file, and how deep they nest. */
const MAX_STEPS = 1000;
const MAX_DEPTH = 50;

/** Most tokens of a file: twice as many as the largest vocabularies of language models have. */
const MAX_TOKENS = 524_288;

/** Ids go up to a multiple of the number of tokens, and some more: a table is kept for all of them. */
const IDS_PER_TOKEN = 4;
const MORE_IDS = 65_536;

/**
 * Checks what a tokenizer.json would have its reader allocate or repeat, before anything is: ids, lengths, steps.
 *
 * @throws Error that names what is too large.
 */
export function checkLimits(tokenizerJson: JsonObject): void {
  for (const key of ['normalizer', 'pre_tokenizer', 'decoder'] as const) checkSteps(tokenizerJson[key]);
  checkVocabulary(objectOf(tokenizerJson['model']), listOf(tokenizerJson['added_tokens']).map(objectOf));
}

function checkSteps(root: unknown): void {
  let steps = 0;
  let byteLevels = 0;
  const unseen: (readonly [value: unknown, depth: number])[] = [[root, 0]];
  for (let next = unseen.pop(); next; next = unseen.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) throw new Error(`its steps nest deeper than ${MAX_DEPTH}`);
    if (!Array.isArray(value)) checkStep(value as JsonObject);
    const { type } = objectOf(value);
    if (type !== undefined && ++steps > MAX_STEPS) throw new Error(`it has more than ${MAX_STEPS} steps`);
    // Each would spell the characters that the one before made of bytes.
    if (type === 'ByteLevel' && ++byteLevels > 2) throw new Error('it has ByteLevel more than twice');
    for (const inner of Object.values(value)) unseen.push([inner, depth + 1]);
  }
}

function checkStep(step: JsonObject): void {
  for (const key of ['Regex', 'String'] as const) {
    const pattern = step[key];
    if (typeof pattern === 'string' && pattern.length > MAX_PATTERN) {
      throw new Error(
        `its pattern ${shown(pattern)} has ${pattern.length} characters, of at most ${MAX_PATTERN}`,
      );
    }
  }
  switch (step['type']) {
    case 'FixedLength': {
      const { length = 5 } = step;
      if (!Number.isSafeInteger(length) || (length as number) < 1 || (length as number) > 2 ** 30) {
        throw new Error(`its pieces cannot have a fixed length of ${valueOf(length)}`);
      }
      return;
    }
    case 'Metaspace':
      for (const key of ['replacement', 'str_rep'] as const) {
        const mark = step[key] ?? '▁';
        if (typeof mark !== 'string' || Array.from(mark.slice(0, 3)).length !== 1) {
          throw new Error(`its ${key} is ${valueOf(mark)}, not one character`);
        }
      }
  }
}

function checkVocabulary(model: JsonObject, addedTokens: readonly JsonObject[]): void {
  const { type, vocab, unk_id: unknown } = model;
  const count = (Array.isArray(vocab) ? vocab : Object.keys(objectOf(vocab))).length + addedTokens.length;
  if (count > MAX_TOKENS) throw new Error(`it has ${count} tokens, of at most ${MAX_TOKENS}`);
  const entries = Array.isArray(vocab)
    ? vocab.map((entry, id) => [listOf(entry)[0], id] as const)
    : Object.entries(objectOf(vocab));
  const added = addedTokens.map(({ content, id }) => [content, id] as const);
  const limit = IDS_PER_TOKEN * count + MORE_IDS;
  for (const list of [entries, added]) {
    for (const [token, id] of list) {
      if (typeof token !== 'string')
        throw new Error(`the token of the id ${valueOf(id)} is ${valueOf(token)}`);
      if (token.length > MAX_TOKEN)
        throw new Error(`its token ${shown(token)} has ${token.length} characters`);
      if (!Number.isSafeInteger(id) || (id as number) < 0) {
        // A vocabulary for several languages has one of each in its place.
        if (type === undefined && typeof id === 'object') continue;
        throw new Error(`the id of ${shown(token)} is ${valueOf(id)}`);
      }
      if ((id as number) >= limit) {
        throw new Error(`the id of ${shown(token)} is ${valueOf(id)}, too high for ${count} tokens`);
      }
    }
  }
  if (type !== 'Unigram') return;
  for (const [token, score] of listOf(vocab) as readonly (readonly unknown[])[]) {
    if (typeof score !== 'number') throw new Error(`the score of ${valueOf(token)} is ${valueOf(score)}`);
  }
  if (
    unknown != null &&
    !(Number.isSafeInteger(unknown) && (unknown as number) >= 0 && (unknown as number) < entries.length)
  ) {
    throw new Error(`its unk_id is ${valueOf(unknown)}, which is no id of its vocabulary`);
  }
}

function valueOf(value: unknown): string {
  return typeof value === 'string' ? shown(value) : typeof value === 'object' ? 'no number' : String(value);
}
