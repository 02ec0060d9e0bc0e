/** What a GPT-2 is built from: the fields of `@attune/nn`'s `Gpt2Config`. */
export interface Gpt2FolderConfig {
  readonly vocabSize: number;
  /** `n_positions`. */
  readonly blockSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly nEmbd: number;
  /** `resid_pdrop`, `embd_pdrop` and `attn_pdrop`, which are one here. */
  readonly dropout: number;
  /** transformers' GPT-2 always has biases. Without them, they are stored as zeros, and `config.json` says so. */
  readonly bias: boolean;
  /** `gelu` is exact; `gelu_new` is the tanh approximation, as GPT-2 was published. */
  readonly activation: 'gelu' | 'gelu_new';
  readonly layerNormEpsilon: number;
}

/** Ids of the tokens that begin and end a text; `null` where there is none. */
export interface SpecialTokens {
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
}

/** The key of `config.json` under which attune keeps what transformers has no word for. */
export const ATTUNE_KEY = 'attune';
