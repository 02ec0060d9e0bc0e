/** Lets a model show what it has learned. */
export interface Sampler {
  /** What stands above what is drawn: `It now writes`. */
  readonly title: string;
  /** A text from the model as it stands. */
  draw(): Promise<string>;
  dispose(): Promise<void>;
}
