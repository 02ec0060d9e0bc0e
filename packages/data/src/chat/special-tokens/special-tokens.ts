/** Ids of the tokens that stand for no text, as the files of a model folder name them. */
export interface SpecialTokens {
  /** Begins a row. */
  readonly bos?: number;
  /** Ends an answer: what is appended where a row needs an end. */
  readonly eos?: number;
  /** All tokens at which generation stops, `eos` first. */
  readonly eosIds: readonly number[];
  /**
   * The padding token, if the model has one that is used for nothing else. Where it has none, or names one that ends
   * answers too, this is absent: padding is known by its position (mask 0), never by its id.
   */
  readonly pad?: number;
  /** The other use of the padding token, e.g. `ends answers`: to be said, since a mask by id would be wrong. */
  readonly padShared?: string;
  /** The id that pads rows: `pad`, else `eos`, else 0. It says nothing about what a token means. */
  readonly padId: number;
  readonly unk?: number;
  /** True if the tokenizer itself begins every text with `bos`. */
  readonly addBos: boolean;
  /** Texts that are always one token and are not ordinary text, with their ids. */
  readonly texts: ReadonlyMap<string, number>;
  /** Texts by the names that chat templates know them by, such as `bos_token`. */
  readonly names: Readonly<Record<string, string>>;
}
