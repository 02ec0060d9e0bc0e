import {
  readExampleRows,
  type ExampleReader,
  type ExampleRow,
  type JsonLinesOptions,
} from '../../examples/index.js';
import { readJsonLines } from './read-json-lines.js';

/**
 * Reads the examples of a JSONL file, row by row: no more than a line is in memory.
 *
 * @throws AttuneError as {@link readJsonLines}; FILE_EMPTY if there is no row; UNKNOWN_FORMAT, INVALID_EXAMPLE with file and
 * line.
 */
export function readExampleFile(
  path: string,
  reader: ExampleReader,
  options: Pick<JsonLinesOptions, 'maxLineBytes'> = {},
): AsyncGenerator<ExampleRow, void, undefined> {
  return readExampleRows({ name: path, rows: readJsonLines(path, options) }, reader);
}
