import type { EncodedExamples, Label, Tokenizer } from '@attune/data';
import type { ExamplePart } from '@attune/data/node';
import { tokenTexts } from '@attune/runs';

/** A row, as it is shown. */
export interface InspectedRow {
  readonly part: ExamplePart;
  readonly file: string;
  readonly line: number;
  readonly ids: readonly number[];
  /** The weight each token is trained with. */
  readonly lossMask: readonly number[];
  /** The text of each token. */
  readonly tokens: readonly string[];
  readonly label?: Label;
}

/** The first rows of a part, one after the other. */
export function* inspectedRows(
  part: ExamplePart,
  examples: EncodedExamples,
  tokenizer: Tokenizer,
  limit = Infinity,
): Generator<InspectedRow, void, undefined> {
  for (let i = 0; i < Math.min(examples.count, limit); i++) {
    const { ids, weights, file, line, label } = examples.row(i);
    yield {
      part,
      file,
      line,
      ids: Array.from(ids),
      lossMask: Array.from(weights, shortest),
      tokens: tokenTexts(tokenizer, ids),
      ...(label !== undefined && { label }),
    };
  }
}

/** A float32 as it was written: 0.1, not 0.10000000149011612. */
function shortest(weight: number): number {
  const short = Number(weight.toPrecision(7));
  return Math.fround(short) === weight ? short : weight;
}

/** The class under which a loss weight is shown. */
export type WeightClass = 'untrained' | 'lighter' | 'trained' | 'heavier';

/** 0, below 1, 1, above 1. */
export function weightClass(weight: number): WeightClass {
  if (weight === 0) return 'untrained';
  return weight < 1 ? 'lighter' : weight > 1 ? 'heavier' : 'trained';
}

/** Tokens of a row that carry loss. */
export function trainedTokens({ lossMask }: InspectedRow): number {
  return lossMask.filter((weight) => weight > 0).length;
}
