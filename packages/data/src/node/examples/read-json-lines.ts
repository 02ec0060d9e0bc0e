import { jsonLines, type JsonLinesOptions, type JsonRow } from '../../examples/index.js';
import { gunzip } from '../files/gunzip.js';
import { readFileChunks } from '../files/read-file-chunks.js';

const CHUNK_BYTES = 2 ** 16;

/**
 * Reads the objects of a JSONL file, one a line, as {@link jsonLines} does; gzip is unpacked on the way.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_READ; those of {@link jsonLines}; FILE_CORRUPT if gzip's data is damaged.
 */
export function readJsonLines(
  path: string,
  options: Pick<JsonLinesOptions, 'maxLineBytes'> = {},
): AsyncGenerator<JsonRow, void, undefined> {
  return jsonLines(readFileChunks(path, CHUNK_BYTES), {
    ...options,
    name: path,
    gunzip: (packed) => gunzip(packed, { name: path, chunkBytes: CHUNK_BYTES }),
  });
}
