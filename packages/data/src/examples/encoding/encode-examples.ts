import { AttuneError, isAttuneError, plural } from '@attune/core';
import { contentHash, promptHash } from './content.js';
import { ExampleStore } from './encoded-examples.js';
import { beyondRowLimits, definitelyTooLong } from './example-length.js';
import type { EncodedExample, Example, ExampleRow, RowPlace } from '../rows/example.js';
import { atRow, rowError } from '../rows/row-error.js';

/** Policies for a row that has more tokens than allowed: leave it out, cut its end off, or stop. */
export const overlengthPolicies = ['drop', 'truncate', 'error'] as const;

/** One of {@link overlengthPolicies}. */
export type OverlengthPolicy = (typeof overlengthPolicies)[number];

export interface EncodeExamplesOptions {
  /** For messages. Default `memory`. */
  readonly name?: string;
  /** Turns an example into tokens. */
  readonly encode: (example: Example) => EncodedExample | Promise<EncodedExample>;
  /** Most tokens of a row. */
  readonly maxLength: number;
  /** Default `error`. */
  readonly onOverlength?: OverlengthPolicy;
  /**
   * Called with each row that would be refused, instead of throwing. The row is kept where it could be encoded and is not
   * too long: for a report, not for training.
   */
  readonly onRefused?: (refused: RefusedRow) => void;
}

/** A row that cannot be trained on, and why. */
export interface RefusedRow extends RowPlace {
  readonly error: AttuneError;
}

/** Counts of the rows that were encoded, cut and left out. */
export interface EncodingCounts {
  /** All rows that came. */
  readonly rows: number;
  /** Those that are in the store. */
  readonly kept: number;
  /** Those kept, of which the end was cut off. */
  readonly truncated: number;
  /** Left out since they were too long. */
  readonly dropped: number;
  /** Left out since nothing to train on was left before the cut. */
  readonly droppedUntrained: number;
  /** Refused: always 0 where that is an error. */
  readonly refused: number;
}

/** Rows as tokens, and how that went. */
export interface EncodingResult {
  readonly examples: ExampleStore;
  readonly counts: EncodingCounts;
  /** Tokens of each row that could be encoded, before any was cut. */
  readonly lengths: readonly number[];
  /** For each row of the store, whether its end was cut off. */
  readonly truncated: readonly boolean[];
}

/** Rows that are encoded at once: a template is rendered in a worker, which this keeps busy. */
const AT_ONCE = 16;

/**
 * Encodes rows, in order, with a limit to their length. Nothing is cut or left out silently: everything is counted.
 * Truncation keeps the begin of a row; a row whose trained tokens are all behind the cut is dropped. A row of far more
 * characters, or of more turns, than the limit has tokens is refused or dropped before it is encoded; so is, whatever the
 * limit, one that exceeds {@link rowLimits}, which not even truncation encodes.
 *
 * @throws AttuneError EXAMPLE_TOO_LONG, NO_TARGETS if a row has no trained token, and whatever `encode` throws, all with
 * file and line.
 */
export async function encodeExamples(
  rows: AsyncIterable<ExampleRow> | Iterable<ExampleRow>,
  options: EncodeExamplesOptions,
): Promise<EncodingResult> {
  const { name = 'memory', encode, maxLength, onOverlength = 'error', onRefused } = options;
  if (!Number.isSafeInteger(maxLength) || maxLength < 2) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `maxLength must be an integer of at least 2, but is ${maxLength}.`,
    );
  }
  const examples = new ExampleStore(name);
  const lengths: number[] = [];
  const truncated: boolean[] = [];
  const counts = { rows: 0, truncated: 0, dropped: 0, droppedUntrained: 0, refused: 0 };

  const refuse = (row: ExampleRow, error: unknown): void => {
    const { file, line } = row;
    const placed = atRow(row, error);
    if (!onRefused || !isAttuneError(placed)) throw placed;
    counts.refused++;
    onRefused({ file, line, error: placed });
  };

  const add = (row: ExampleRow, encoded: EncodedExample): void => {
    const { file, line, example } = row;
    const { length } = encoded.ids;
    lengths.push(length);
    const tooLong = length > maxLength;
    const needsTarget = example.kind !== 'classification';
    if (needsTarget && !hasTarget(encoded)) {
      refuse(row, untrained(row));
      if (tooLong) return;
    }
    if (tooLong && onOverlength === 'error') return refuse(row, overlong(row, length, maxLength));
    if (tooLong && onOverlength === 'drop') {
      counts.dropped++;
      return;
    }
    const cut = tooLong ? firstTokens(encoded, maxLength) : encoded;
    if (tooLong && needsTarget && !hasTarget(cut)) {
      counts.droppedUntrained++;
      return;
    }
    if (tooLong) counts.truncated++;
    truncated.push(tooLong);
    const asked = promptHash(example);
    examples.add(cut, {
      file,
      line,
      contentHash: contentHash(example),
      ...(asked !== undefined && { promptHash: asked }),
      ...(example.kind === 'classification' && { label: example.label }),
    });
  };

  /** The fault that the length of a row has, if any. */
  const check = ({ example }: ExampleRow): string | undefined =>
    beyondRowLimits(example) ??
    (onOverlength === 'truncate' ? undefined : definitelyTooLong(example, maxLength));
  for await (const { row, encoded, error, tooLong } of encodedInOrder(rows, encode, check)) {
    counts.rows++;
    if (encoded) add(row, encoded);
    else if (tooLong === undefined) refuse(row, error);
    else if (onOverlength === 'drop') counts.dropped++;
    else refuse(row, tooLongToEncode(row, tooLong, maxLength));
  }
  return { examples, lengths, truncated, counts: { ...counts, kept: examples.count } };
}

interface Attempt {
  readonly row: ExampleRow;
  readonly encoded?: EncodedExample;
  readonly error?: unknown;
  /** Why it was not encoded. */
  readonly tooLong?: string;
}

/** Failures are values here: an error waits for its turn, and no promise is rejected while nobody looks. */
async function* encodedInOrder(
  rows: AsyncIterable<ExampleRow> | Iterable<ExampleRow>,
  encode: EncodeExamplesOptions['encode'],
  check: (row: ExampleRow) => string | undefined,
): AsyncGenerator<Attempt, void, undefined> {
  const attempt = async (row: ExampleRow): Promise<Attempt> => {
    try {
      const tooLong = check(row);
      if (tooLong !== undefined) return { row, tooLong };
      return { row, encoded: await encode(row.example) };
    } catch (error) {
      return { row, error };
    }
  };
  const underWay: Promise<Attempt>[] = [];
  for await (const row of rows) {
    underWay.push(attempt(row));
    if (underWay.length >= AT_ONCE) yield await underWay.shift()!;
  }
  for (const encoding of underWay) yield await encoding;
}

function hasTarget({ weights }: EncodedExample): boolean {
  return weights.some((weight) => weight > 0);
}

function firstTokens({ ids, weights }: EncodedExample, count: number): EncodedExample {
  return { ids: ids.subarray(0, count), weights: weights.subarray(0, count) };
}

function untrained(row: ExampleRow): AttuneError {
  return rowError('NO_TARGETS', row, 'no token of the row is trained.', {
    fix: 'Give it an answer, train on more of it (trainOn: all), or leave it out.',
  });
}

function tooLongToEncode(row: ExampleRow, problem: string, maxLength: number): AttuneError {
  return rowError('EXAMPLE_TOO_LONG', row, `${problem}.`, {
    fix: 'Cut it into several rows, or leave long rows out: onOverlength drop.',
    data: { maxLength },
  });
}

function overlong(row: ExampleRow, length: number, maxLength: number): AttuneError {
  return rowError(
    'EXAMPLE_TOO_LONG',
    row,
    `the row has ${plural(length, 'token')}, but at most ${maxLength} ${maxLength === 1 ? 'is' : 'are'} allowed.`,
    {
      fix: 'Raise maxLength, or say what is done with long rows: onOverlength truncate or drop.',
      data: { length, maxLength },
    },
  );
}
