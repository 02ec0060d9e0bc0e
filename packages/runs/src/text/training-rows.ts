import type { Batch } from '@attune/core';
import type { EncodedExamples, Label, Tokenizer } from '@attune/data';
import { tokenTexts } from './token-texts.js';

/** A token of a row, and the weight of its loss: 0 where it is read, and not trained. */
export interface TrainingToken {
  readonly id: number;
  /** Empty for all tokens but the last of a character that is spread over several. */
  readonly text: string;
  readonly weight: number;
}

/** A row that a run trains on, for people to read. */
export interface TrainingRow {
  /** The place of the row: a file and a line, or a number in the first batch. */
  readonly source: string;
  readonly tokens: readonly TrainingToken[];
  readonly label?: Label;
}

function tokensOf(tokenizer: Tokenizer, ids: Int32Array, weightOf: (at: number) => number): TrainingToken[] {
  return tokenTexts(tokenizer, ids).map((text, i) => ({ id: ids[i]!, text, weight: weightOf(i) }));
}

/** Rows of fine-tuning data, spread evenly over all of it. */
export function examplesAsRows(
  examples: EncodedExamples,
  tokenizer: Tokenizer,
  limit: number,
): TrainingRow[] {
  const count = Math.min(limit, examples.count);
  return Array.from({ length: count }, (_, i) => {
    const row = examples.row(Math.floor((i * examples.count) / count));
    return {
      source: `${row.file}, line ${row.line}`,
      tokens: tokensOf(tokenizer, row.ids, (at) => row.weights[at]!),
      ...(row.label !== undefined && { label: row.label }),
    };
  });
}

/** The first rows of a batch of windows. Its first token is only read; each other one is the target of the one before it. */
export function windowsAsRows({ x, y, lossMask }: Batch, tokenizer: Tokenizer, limit: number): TrainingRow[] {
  const [rows = 0, length = 0] = x!.shape;
  return Array.from({ length: Math.min(limit, rows) }, (_, r) => {
    const start = r * length;
    const targets = y!.data.subarray(start, start + length);
    const ids = Int32Array.of(x!.data[start]!, ...targets);
    const weightOf = (at: number) => (at === 0 ? 0 : lossMask!.data[start + at - 1]!);
    return { source: `first batch, row ${r + 1}`, tokens: tokensOf(tokenizer, ids, weightOf) };
  });
}
