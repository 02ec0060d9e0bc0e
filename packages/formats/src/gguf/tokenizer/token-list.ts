import { listOf, objectOf, type JsonObject } from '@attune/files';

/** How llama.cpp takes a token, by its numbers. */
const tokenKinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** The tokens of a vocabulary by id, and how each is taken. */
export interface TokenList {
  readonly tokens: readonly string[];
  readonly kinds: Int32Array;
  readonly faults: readonly string[];
}

const isId = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) >= 0;

/** Half of a character, for which UTF-8 has no bytes. */
const HALF = /\p{Surrogate}/u;

/**
 * The tokens of a tokenizer.json as llama.cpp lists them: one for each row of the model's embedding, special ones among them.
 * Rows without a token are filled with names that no text has.
 *
 * @param vocab the model's own tokens and their ids.
 * @param vocabSize rows of the embedding.
 */
export function tokenList(vocab: JsonObject, addedTokens: unknown, vocabSize: number): TokenList {
  const tokens = new Array<string | undefined>(vocabSize).fill(undefined);
  const kinds = new Int32Array(vocabSize).fill(tokenKinds.unused);
  const faults: string[] = [];
  let above = 0;
  const set = (token: unknown, id: unknown, kind: number) => {
    if (typeof token !== 'string' || !isId(id)) return;
    if (id >= vocabSize) above = Math.max(above, id);
    else [tokens[id], kinds[id]] = [token, kind];
  };
  for (const [token, id] of Object.entries(vocab)) set(token, id, tokenKinds.normal);
  for (const added of listOf(addedTokens).map(objectOf)) {
    set(
      added['content'],
      added['id'],
      added['special'] === true ? tokenKinds.control : tokenKinds.userDefined,
    );
  }
  if (above > 0) {
    faults.push(`its tokenizer has ids up to ${above}, and the model a vocabulary of ${vocabSize}`);
  }
  return { tokens: filled(tokens, faults), kinds, faults };
}

/** Each token once, as llama.cpp demands, with names for those that are missing. */
function filled(tokens: readonly (string | undefined)[], faults: string[]): string[] {
  const seen = new Set(tokens);
  const found = tokens.filter((token) => token !== undefined);
  const odd = found.find((token) => HALF.test(token));
  if (odd !== undefined) faults.push(`its token ${JSON.stringify(odd.slice(0, 40))} is half of a character`);
  if (new Set(found).size < found.length) faults.push('two of its tokens are the same text');
  return tokens.map((token, id) => {
    if (token !== undefined) return token;
    let name = `[PAD${id}]`;
    while (seen.has(name)) name = `[${name}]`;
    seen.add(name);
    return name;
  });
}
