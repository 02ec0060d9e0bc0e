/**
 * A turn of a conversation. What else a row says of it, such as `tool_calls`, is handed to the chat template: as a
 * {@link JsonText} where JavaScript's values would change it.
 */
export interface Message {
  /** `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  readonly content: string;
  /** Loss weight of this turn's tokens. Default 1 for the assistant's, 0 for others. */
  readonly weight?: number;
  readonly [extra: string]: unknown;
}

/** The label of a text: a class by name or by number, or the targets of a regression. */
export type Label = string | number | readonly number[];

/** One row of a fine-tuning data set, whatever format it was written in. */
export type Example =
  | { readonly kind: 'messages'; readonly messages: readonly Message[]; readonly tools?: unknown }
  | { readonly kind: 'completion'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'classification'; readonly text: string; readonly label: Label };

/** Where a row was read. */
export interface RowPlace {
  /** For messages: a path, or `memory`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** An example, and where it was read. */
export interface ExampleRow extends RowPlace {
  readonly example: Example;
}

/** A row as tokens. `weights[i]` is the loss weight of token i as a target; `weights[0]` is always 0. */
export interface EncodedExample {
  readonly ids: Int32Array;
  readonly weights: Float32Array;
}
