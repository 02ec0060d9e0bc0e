import type { CausalLm } from '@attune/core';

/** The sizes of texts that a model writes, from which the memory they take is planned. */
export interface TextSizes {
  readonly model: CausalLm;
  /** Texts that are written together. */
  readonly rows: number;
  /** Tokens of context that are kept for each. */
  readonly length: number;
  /** Tokens of the longest prompt. */
  readonly prompt: number;
}

/** Lets a model show what it has learned. */
export interface Sampler {
  /** The heading of a sample: `It now writes`. */
  readonly title: string;
  /** Missing where no text is written. */
  readonly texts?: TextSizes;
  /** A text from the model as it stands. @param onText told of its pieces, where it comes in some. */
  draw(onText?: (piece: string) => void): Promise<string>;
  dispose(): Promise<void>;
}
