/** The part of a fixture `chat_templates/<family>.json` that says how a family of models writes conversations. */
export interface TemplateFamily {
  /** The kind of tokenizer: see `tiny_tokenizers`. */
  readonly tokenizer: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Ids at which generation ends. */
  readonly ends: readonly number[];
  readonly template: string;
}
