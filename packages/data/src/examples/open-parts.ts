import { AttuneError } from '@attune/core';
import {
  encodeExamples,
  type EncodeExamplesOptions,
  type EncodingCounts,
  type EncodingResult,
  type OverlengthPolicy,
} from './encoding/encode-examples.js';
import type { EncodedExamples } from './encoding/encoded-examples.js';
import type { ExampleRow } from './rows/example.js';
import { ExampleReader, type ExampleReaderOptions } from './rows/example-reader.js';
import type { DetectedFormat } from './rows/formats.js';
import { jsonLines, type JsonRow } from './rows/json-lines.js';
import { splitRows } from './split.js';
import {
  exampleStatistics,
  leakage,
  lengthStatistics,
  type ExampleStatistics,
  type Leakage,
  type LengthStatistics,
  type ReportedTokens,
} from './encoding/statistics.js';

/** How the rows of a data set are read, encoded and divided. */
export interface OpenExamplesOptions
  extends
    ExampleReaderOptions,
    Pick<EncodeExamplesOptions, 'encode' | 'maxLength' | 'onOverlength' | 'onRefused'> {
  /** Share of the rows that are kept for validation, drawn by seed, where no file is for that. Default 0. */
  readonly validationFraction?: number;
  /** The random seed of the draw. Default 1337. */
  readonly seed?: number;
  /** Tokens that the report looks for. */
  readonly reported?: ReportedTokens;
}

/** The part of the data that rows belong to. */
export type ExamplePart = 'train' | 'validation' | 'test';

/** A report on the data, before a step is spent on it. */
export interface ExamplesReport extends DetectedFormat {
  readonly maxLength: number;
  readonly onOverlength: OverlengthPolicy;
  readonly files: readonly FileReport[];
  /** Statistics of the rows that are used. */
  readonly parts: Readonly<Partial<Record<ExamplePart, ExampleStatistics>>>;
  /** The rows of other parts that are also in training. */
  readonly leakage: Readonly<Partial<Record<'validation' | 'test', Leakage>>>;
}

/** Counts of the rows of a file. */
export interface FileReport extends EncodingCounts {
  readonly file: string;
  /** The lengths of the rows before any was cut; missing if none could be encoded. */
  readonly lengths?: LengthStatistics;
}

/** The rows of a data set as tokens. */
export interface OpenExamples {
  readonly train: EncodedExamples;
  readonly validation?: EncodedExamples;
  readonly test?: EncodedExamples;
  readonly report: ExamplesReport;
}

/** A file of a data set: its name, for messages, and its rows. */
export interface ExampleSource {
  readonly name: string;
  readonly rows: AsyncIterable<JsonRow>;
}

/** A JSONL file in pieces, wherever it lies, as a part of a data set. @param name for messages. */
export function exampleSource(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): ExampleSource {
  return { name, rows: jsonLines(chunks, { name }) };
}

/** Reads examples row by row: no more than a line is in memory. @throws AttuneError FILE_EMPTY if there is no row. */
export async function* readExampleRows(
  { name, rows }: ExampleSource,
  reader: ExampleReader,
): AsyncGenerator<ExampleRow, void, undefined> {
  let count = 0;
  for await (const row of rows) {
    count++;
    yield reader.read(row);
  }
  if (count > 0) return;
  throw new AttuneError('FILE_EMPTY', `${name} has no row.`, {
    fix: 'Leave it out, or check how it was made.',
  });
}

/**
 * Reads and encodes a data set, training first. All files have one format.
 *
 * @throws AttuneError FILE_EMPTY; INVALID_ARGUMENT if there is a file for validation and a share is to be held out as well;
 * and with file and line FILE_CORRUPT, UNKNOWN_FORMAT, INVALID_EXAMPLE, EXAMPLE_TOO_LONG, NO_TARGETS and whatever `encode`
 * throws.
 */
export async function openExampleParts(
  sources: Readonly<Partial<Record<ExamplePart, ExampleSource>>> & { readonly train: ExampleSource },
  options: OpenExamplesOptions,
): Promise<OpenExamples> {
  const { validationFraction = 0, seed = 1337, reported = { ends: [] }, onOverlength = 'error' } = options;
  if (sources.validation !== undefined && validationFraction > 0) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `validationFraction is ${validationFraction}, but ${sources.validation.name} is there to validate.`,
      { fix: 'Leave one of the two out.' },
    );
  }
  const reader = new ExampleReader(options);
  const encoded = new Map<ExamplePart, EncodingResult>();
  for (const [part, source] of Object.entries(sources) as [ExamplePart, ExampleSource][]) {
    encoded.set(
      part,
      await encodeExamples(readExampleRows(source, reader), { ...options, name: source.name }),
    );
  }
  const parts = partsOf(encoded, validationFraction, seed);
  const statistics = parts.map(({ part, examples, wasCut }) => [
    part,
    exampleStatistics(examples, reported, wasCut),
  ]);
  const train = parts[0]!.examples;
  const others = parts.slice(1);
  return {
    train,
    ...Object.fromEntries(others.map(({ part, examples }) => [part, examples])),
    report: {
      ...reader.detected!,
      maxLength: options.maxLength,
      onOverlength,
      files: [...encoded.values()].map(({ examples, counts, lengths }) => ({
        file: examples.name,
        ...counts,
        lengths: lengthStatistics(lengths),
      })),
      parts: Object.fromEntries(statistics),
      leakage: Object.fromEntries(others.map(({ part, examples }) => [part, leakage(train, examples)])),
    },
  };
}

interface Part {
  readonly part: ExamplePart;
  readonly examples: EncodedExamples;
  readonly wasCut: (index: number) => boolean;
}

/** The parts that there are, training first. */
function partsOf(
  encoded: ReadonlyMap<ExamplePart, EncodingResult>,
  validationFraction: number,
  seed: number,
): Part[] {
  return [...encoded].flatMap(([part, { examples, truncated }]): Part[] => {
    if (part !== 'train' || validationFraction === 0) {
      return [{ part, examples, wasCut: (i) => truncated[i]! }];
    }
    const split = splitRows(examples.count, validationFraction, seed);
    return (['train', 'validation'] as const).map((name) => ({
      part: name,
      examples: examples.select(`${examples.name} (${name})`, split[name]),
      wasCut: (i) => truncated[split[name][i]!]!,
    }));
  });
}
