import { AttuneError, type HostTensors } from '@attune/core';
import type { ExpectedLogits } from '../model-logits.js';
import { openOnnxDecoder, type OnnxDecoder } from './onnx-decoder.js';

/** How an export agreed with its model. */
export interface Agreement {
  /** Logits compared. */
  readonly compared: number;
  /** The largest difference between two of them. */
  readonly maxDifference: number;
  /** The largest magnitude of what was expected. */
  readonly maxLogit: number;
}

/** How far logits may lie apart, relative to the largest: two engines add the same numbers up in another order. */
const TOLERANCE = 1e-4;

/**
 * Runs an exported decoder in onnxruntime, and compares its logits with what the model computes: all tokens at once; a
 * beginning, then token by token with what was cached; and texts of unequal lengths, the shorter ones padded.
 *
 * @param path of the model's own file.
 * @param adapter the matrices of an adapter, as `adapterTensors` gives them, for a model that takes them as inputs. Without
 * it, such a model is run with none.
 * @returns `undefined` where `onnxruntime-node` is not installed, so that nothing was compared.
 * @throws AttuneError EXPORT_MISMATCH if they differ; FILE_CORRUPT if onnxruntime does not take the model.
 */
export async function verifyDecoder(
  path: string,
  expected: ExpectedLogits,
  adapter?: HostTensors,
): Promise<Agreement | undefined> {
  const decoder = await openOnnxDecoder(path, adapter);
  if (!decoder) return undefined;
  const comparison = new Comparison(expected);
  try {
    await wholeTexts(decoder, comparison);
    if (comparison.length > 1) {
      await tokenByToken(decoder, comparison);
      await paddedTexts(decoder, comparison);
    }
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError('EXPORT_MISMATCH', `${path} does not run in onnxruntime: ${reason}.`, { cause });
  } finally {
    await decoder.close();
  }
  return comparison.result();
}

class Comparison {
  private compared = 0;
  private maxDifference = 0;
  private readonly maxLogit: number;

  constructor(readonly expected: ExpectedLogits) {
    this.maxLogit = expected.logits.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  }

  get tokens(): readonly (readonly number[])[] {
    return this.expected.tokens;
  }

  get length(): number {
    return this.tokens[0]!.length;
  }

  /** Compares what came after a token with what was expected after token `position` of text `row`. */
  compare(what: string, logits: Float32Array, index: number, row: number, position: number): void {
    const { vocabSize, logits: all } = this.expected;
    const start = (row * this.length + position) * vocabSize;
    for (let i = 0; i < vocabSize; i++) {
      const [got, wanted] = [logits[index * vocabSize + i]!, all[start + i]!];
      const difference = Math.abs(got - wanted);
      // NaN is not smaller either.
      if (!(difference <= TOLERANCE * Math.max(1, this.maxLogit))) {
        throw new AttuneError(
          'EXPORT_MISMATCH',
          `The exported model computes something else, ${what}: after token ${position} of text ${row}, logit ${i} is ${got} instead of ${wanted}.`,
          {
            fix: 'Compare with the cpu backend. If it differs there, too, the export is at fault: please report it.',
          },
        );
      }
      this.maxDifference = Math.max(this.maxDifference, difference);
    }
    this.compared += vocabSize;
  }

  result(): Agreement {
    const { compared, maxDifference, maxLogit } = this;
    return { compared, maxDifference, maxLogit };
  }
}

const ones = (length: number) => Array.from({ length }, () => 1);

async function wholeTexts(decoder: OnnxDecoder, comparison: Comparison): Promise<void> {
  const { tokens, length } = comparison;
  const { logits } = await decoder.run({ tokens, mask: tokens.map(() => ones(length)) });
  for (let row = 0; row < tokens.length; row++) {
    for (let i = 0; i < length; i++) comparison.compare('read at once', logits, row * length + i, row, i);
  }
}

async function tokenByToken(decoder: OnnxDecoder, comparison: Comparison): Promise<void> {
  const { tokens, length } = comparison;
  const half = length >> 1;
  let { cache } = await decoder.run({
    tokens: tokens.map((text) => text.slice(0, half)),
    mask: tokens.map(() => ones(half)),
  });
  for (let i = half; i < length; i++) {
    const step = { tokens: tokens.map((text) => [text[i]!]), mask: tokens.map(() => ones(i + 1)) };
    const result = await decoder.run(step, cache);
    cache = result.cache;
    tokens.forEach((_, row) => comparison.compare('token by token', result.logits, row, row, i));
  }
}

/** Text `row` is `row` tokens shorter than the first. */
async function paddedTexts(decoder: OnnxDecoder, comparison: Comparison): Promise<void> {
  const { tokens, length } = comparison;
  const half = length >> 1;
  const missing = (row: number) => Math.min(row, half - 1);
  const padded = (row: number, of: readonly number[], until: number, filler: number) => [
    ...Array.from({ length: missing(row) }, () => filler),
    ...of.slice(0, until - missing(row)),
  ];
  const first = await decoder.run({
    tokens: tokens.map((text, row) => padded(row, text, half, 0)),
    mask: tokens.map((_, row) => padded(row, ones(half), half, 0)),
  });
  const next = await decoder.run(
    {
      tokens: tokens.map((text, row) => text.slice(half - missing(row), length - missing(row))),
      mask: tokens.map((_, row) => padded(row, ones(length), length, 0)),
    },
    first.cache,
  );
  tokens.forEach((_, row) => {
    for (let i = half; i < length; i++) {
      const index = row * (length - half) + i - half;
      comparison.compare('beside longer texts', next.logits, index, row, i - missing(row));
    }
  });
}
