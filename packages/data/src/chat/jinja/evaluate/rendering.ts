/** A part of a text, in UTF-16 units: `[start, end)`. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A conversation as text. */
export interface Rendering {
  readonly text: string;
  /** The spans between `{% generation %}` and `{% endgeneration %}`. */
  readonly marks: readonly TextSpan[];
}
