/** Lets a model show what it has learned. */
export interface Sampler {
  /** The heading of a sample: `It now writes`. */
  readonly title: string;
  /** A text from the model as it stands. @param onText told of its pieces, where it comes in some. */
  draw(onText?: (piece: string) => void): Promise<string>;
  dispose(): Promise<void>;
}
