import { open } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import {
  jsonLines,
  type ExampleReader,
  type ExampleRow,
  type JsonLinesOptions,
} from '../../examples/index.js';

const CHUNK_BYTES = 2 ** 16;

/**
 * Reads the examples of a JSONL file, row by row: no more than a line is in memory.
 *
 * @throws AttuneError FILE_NOT_FOUND; FILE_EMPTY if there is no row; FILE_CORRUPT, UNKNOWN_FORMAT, INVALID_EXAMPLE with
 * file and line.
 */
export async function* readExampleFile(
  path: string,
  reader: ExampleReader,
  options: Pick<JsonLinesOptions, 'maxLineBytes'> = {},
): AsyncGenerator<ExampleRow, void, undefined> {
  let rows = 0;
  for await (const row of jsonLines(readChunks(path), { ...options, name: path })) {
    rows++;
    yield reader.read(row);
  }
  if (rows > 0) return;
  throw new AttuneError('FILE_EMPTY', `${path} has no row.`, {
    fix: 'Leave it out, or check how it was made.',
  });
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const cannotRead = (error: unknown) => {
    throw fileReadError(path, error, 'Check the path.');
  };
  const file = await open(path, 'r').catch(cannotRead);
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    while (true) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES).catch(cannotRead);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
