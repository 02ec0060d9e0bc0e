import type { StepMetrics } from '@attune/core';

/** A number that runs log of a step, or of an evaluation. */
export interface Column {
  /** Its key in `metrics.jsonl`. */
  readonly key: string;
  /** Its name in TensorBoard: that of Hugging Face's trainers, where they have it. */
  readonly tag: string;
}

/** The columns of every log, in order. */
export const COLUMNS: readonly Column[] = [
  { key: 'step', tag: '' },
  { key: 'epoch', tag: 'train/epoch' },
  { key: 'loss', tag: 'train/loss' },
  { key: 'lr', tag: 'train/learning_rate' },
  { key: 'gradNorm', tag: 'train/grad_norm' },
  { key: 'tokens', tag: 'train/tokens' },
  { key: 'tokensPerSecond', tag: 'train/tokens_per_second' },
  { key: 'stepMs', tag: 'train/step_ms' },
  { key: 'skipped', tag: 'train/skipped' },
  { key: 'valLoss', tag: 'eval/loss' },
  { key: 'perplexity', tag: 'eval/perplexity' },
];

const KNOWN = new Map(COLUMNS.map((column) => [column.key, column]));

/** The most keys that are read of a step. Ours have eleven. */
const MAX_KEYS = 64;

/** The longest key that is read, in UTF-16 code units. */
const MAX_KEY = 64;

/** A number of a step: NaN where the log has `null`, JSON's way to say that it was none. */
export interface Reading extends Column {
  readonly value: number;
}

/**
 * The numbers of a line of a log, `step` aside, in the order of the log. A log is a file like any other: what is no number is
 * left out, and so is what follows the sixty-fourth key. A switch counts as 1 or 0.
 */
export function readings(metrics: StepMetrics): Reading[] {
  return Object.entries(metrics)
    .slice(0, MAX_KEYS)
    .flatMap(([key, value]: [string, unknown]) => {
      if (key === 'step' || key.length > MAX_KEY) return [];
      const column = KNOWN.get(key) ?? { key, tag: `train/${key}` };
      if (value === null) return { ...column, value: NaN };
      if (typeof value === 'number' || typeof value === 'boolean') return { ...column, value: Number(value) };
      return [];
    });
}
