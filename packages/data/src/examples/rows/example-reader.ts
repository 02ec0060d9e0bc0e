import type { ExampleRow } from './example.js';
import {
  checkSameFormat,
  detectRow,
  fieldValue,
  type DetectedFormat,
  type FormatOptions,
  type RowFormat,
} from './formats.js';
import type { JsonRow } from './json-lines.js';
import { readRow, type ReadRowOptions } from './read-row.js';

export interface ExampleReaderOptions extends FormatOptions, ReadRowOptions {}

/**
 * Reads the rows of a data set as examples: the first one tells the format, and all others have to be of it, in whatever
 * file of the data set they stand.
 */
export class ExampleReader {
  private expected: RowFormat | undefined;
  private readonly fields = new Map<string, string>();
  private readonly seen = new Set<string>();

  constructor(private readonly options: ExampleReaderOptions = {}) {}

  /** The format found so far; `undefined` before the first row. */
  get detected(): DetectedFormat | undefined {
    if (!this.expected) return undefined;
    const read = new Set(this.fields.values());
    return {
      format: this.expected.format,
      columns: Object.fromEntries(this.fields),
      ignored: [...this.seen].filter((column) => !read.has(column)),
    };
  }

  /** @throws AttuneError UNKNOWN_FORMAT, INVALID_EXAMPLE, with file and line. */
  read(row: JsonRow): ExampleRow {
    if (this.expected) checkSameFormat(row, this.expected, this.options);
    else this.expected = detectRow(row, this.options);
    const { file, line } = row;
    // The first row's mapping holds for all of them.
    const example = readRow(row, this.expected, this.options);
    for (const [field, column] of Object.entries(this.expected.columns)) {
      if (fieldValue(row, this.expected.columns, field) !== undefined) this.fields.set(field, column);
    }
    for (const column of Object.keys(row.value)) this.seen.add(column);
    return { example, file, line };
  }
}

/**
 * Tells the format of rows, reading all of them.
 *
 * @throws AttuneError UNKNOWN_FORMAT if they are of several formats, of none, or could be of more than one;
 * INVALID_EXAMPLE; FILE_EMPTY if there is no row.
 */
export function detectFormat(
  rows: Iterable<JsonRow>,
  options: ExampleReaderOptions = {},
): DetectedFormat | undefined {
  const reader = new ExampleReader(options);
  for (const row of rows) reader.read(row);
  return reader.detected;
}
