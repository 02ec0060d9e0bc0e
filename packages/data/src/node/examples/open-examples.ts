import {
  openExampleParts,
  type ExamplePart,
  type ExampleSource,
  type OpenExamples,
  type OpenExamplesOptions,
} from '../../examples/index.js';
import { findExampleFiles } from './example-files.js';
import { readJsonLines } from './read-json-lines.js';

/**
 * Reads and encodes a data set: a JSONL file, or a folder of them (see {@link findExampleFiles}). All files have one
 * format.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_EMPTY, INVALID_ARGUMENT; and with file and line FILE_CORRUPT, UNKNOWN_FORMAT,
 * INVALID_EXAMPLE, EXAMPLE_TOO_LONG, NO_TARGETS and whatever `encode` throws.
 */
export async function openExamples(path: string, options: OpenExamplesOptions): Promise<OpenExamples> {
  const { train, ...others } = await findExampleFiles(path);
  const sourceOf = (file: string): ExampleSource => ({ name: file, rows: readJsonLines(file) });
  const rest = Object.entries(others).map(([part, file]) => [part as ExamplePart, sourceOf(file)]);
  return openExampleParts({ train: sourceOf(train), ...Object.fromEntries(rest) }, options);
}
