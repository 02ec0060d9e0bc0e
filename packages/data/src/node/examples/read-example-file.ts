import { AttuneError } from '@attune/core';
import type { ExampleReader, ExampleRow, JsonLinesOptions } from '../../examples/index.js';
import { readJsonLines } from './read-json-lines.js';

/**
 * Reads the examples of a JSONL file, row by row: no more than a line is in memory.
 *
 * @throws AttuneError as {@link readJsonLines}; FILE_EMPTY if there is no row; UNKNOWN_FORMAT, INVALID_EXAMPLE with file and
 * line.
 */
export async function* readExampleFile(
  path: string,
  reader: ExampleReader,
  options: Pick<JsonLinesOptions, 'maxLineBytes'> = {},
): AsyncGenerator<ExampleRow, void, undefined> {
  let rows = 0;
  for await (const row of readJsonLines(path, options)) {
    rows++;
    yield reader.read(row);
  }
  if (rows > 0) return;
  throw new AttuneError('FILE_EMPTY', `${path} has no row.`, {
    fix: 'Leave it out, or check how it was made.',
  });
}
