/** Ids of the tokens that begin and end a text; `null` where there is none. */
export interface SpecialTokens {
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
}

/** The key of `config.json` under which attune keeps what transformers has no word for. */
export const ATTUNE_KEY = 'attune';
