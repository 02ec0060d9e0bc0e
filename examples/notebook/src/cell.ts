/** A curve of a plot. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

/** Where a cell shows what it finds. */
export interface Output {
  /** Adds a line. */
  print(text: string): void;
  /** Draws curves; a second call draws them anew, so that a plot follows a training. */
  plot(curves: readonly Curve[]): void;
}

/** The code of a cell: takes what earlier cells returned and returns what later ones need. */
export type Cell<Given, Result> = (output: Output, given: Given) => Promise<Result>;
