import type { EncodedExamples } from './encoded-examples.js';

/** Tokens that mean something to a report. */
export interface ReportedTokens {
  readonly bos?: number;
  /** All that end an answer: the end of the text, and the end of a turn. */
  readonly ends: readonly number[];
  /** Stands for text that the vocabulary has no token for. */
  readonly unk?: number;
}

/** Statistics of lengths in tokens. */
export interface LengthStatistics {
  readonly min: number;
  readonly median: number;
  /** 95 of 100 rows have at most so many. */
  readonly p95: number;
  readonly max: number;
  readonly mean: number;
}

/** Statistics of some rows. */
export interface ExampleStatistics {
  readonly rows: number;
  readonly tokens: number;
  /** Tokens that carry loss. */
  readonly trainedTokens: number;
  /** Rows that say what an earlier one says. */
  readonly duplicates: number;
  /** Rows that begin with two BOS tokens: the template and the tokenizer both added one. */
  readonly doubleBos: number;
  /**
   * Rows that end without a token that ends something among the last three that are trained, so that the model does not
   * learn to stop. Rows that were cut do not count.
   */
  readonly missingEos: number;
  /** Rows without any trained token. */
  readonly untrained: number;
  /** Tokens that stand for text that the vocabulary lacks. */
  readonly unknownTokens: number;
}

/** Rows that stand in two parts of the data. */
export interface Leakage {
  /** Rows of validation that are also for training. */
  readonly rows: number;
  /** Rows of validation whose prompt is also in training, whatever the answer. */
  readonly prompts: number;
}

/** Quantiles are of the nearest rank. */
export function lengthStatistics(lengths: readonly number[]): LengthStatistics | undefined {
  const { length } = lengths;
  if (length === 0) return undefined;
  const sorted = Float64Array.from(lengths).sort();
  const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * length) - 1)]!;
  return {
    min: sorted[0]!,
    median: quantile(0.5),
    p95: quantile(0.95),
    max: sorted[length - 1]!,
    mean: sorted.reduce((sum, value) => sum + value, 0) / length,
  };
}

/** Trained tokens at the end of a row, one of which should end it. */
const END_WITHIN = 3;

/** @param wasCut whether the end of a row was cut off. */
export function exampleStatistics(
  examples: EncodedExamples,
  { bos, ends, unk }: ReportedTokens,
  wasCut: (index: number) => boolean = () => false,
): ExampleStatistics {
  // GPT-2 names one token for all of them.
  const meansUnknown = unk !== undefined && unk !== bos && !ends.includes(unk);
  const seen = new Set<string>();
  const counts = {
    tokens: 0,
    trainedTokens: 0,
    duplicates: 0,
    doubleBos: 0,
    missingEos: 0,
    untrained: 0,
    unknownTokens: 0,
  };
  for (let i = 0; i < examples.count; i++) {
    const { ids, weights, label } = examples.row(i);
    let trained = 0;
    let lastEnd = -1;
    weights.forEach((weight, token) => {
      if (weight === 0) return;
      trained++;
      if (ends.includes(ids[token]!)) lastEnd = trained;
    });
    // A template may write a line feed behind the end.
    const hasEnd = lastEnd > trained - END_WITHIN && lastEnd > 0;
    counts.tokens += ids.length;
    if (meansUnknown) counts.unknownTokens += ids.filter((id) => id === unk).length;
    counts.trainedTokens += trained;
    if (bos !== undefined && ids[0] === bos && ids[1] === bos) counts.doubleBos++;
    if (trained === 0 && label === undefined) counts.untrained++;
    if (trained > 0 && !hasEnd && !wasCut(i)) counts.missingEos++;
    const { contentHash } = examples.facts(i);
    if (seen.has(contentHash)) counts.duplicates++;
    seen.add(contentHash);
  }
  return { rows: examples.count, ...counts };
}

/** Which rows of `other` are also in `train`. */
export function leakage(train: EncodedExamples, other: EncodedExamples): Leakage {
  const [contents, prompts] = [new Set<string>(), new Set<string>()];
  for (let i = 0; i < train.count; i++) {
    const { contentHash, promptHash } = train.facts(i);
    contents.add(contentHash);
    if (promptHash !== undefined) prompts.add(promptHash);
  }
  let rows = 0;
  let asked = 0;
  for (let i = 0; i < other.count; i++) {
    const { contentHash, promptHash } = other.facts(i);
    if (contents.has(contentHash)) rows++;
    if (promptHash !== undefined && prompts.has(promptHash)) asked++;
  }
  return { rows, prompts: asked };
}
