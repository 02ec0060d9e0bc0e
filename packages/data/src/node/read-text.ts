import { isUtf8 } from 'node:buffer';
import { open, stat } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import { invalidUtf8At } from '../prepare/invalid-utf8.js';

/** A stretch of a text, of whole characters. */
export interface TextChunk {
  readonly text: string;
  /** Bytes of all files that were read so far. */
  readonly bytesRead: number;
}

/**
 * Bytes of text files together.
 *
 * @throws AttuneError FILE_NOT_FOUND; INVALID_ARGUMENT if there is no file, or one is a pipe, which cannot be read twice.
 */
export async function totalSize(paths: readonly string[]): Promise<number> {
  if (paths.length === 0)
    throw new AttuneError('INVALID_ARGUMENT', 'Expected at least one text file, but got none.');
  let total = 0;
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw fileReadError(path, error, CHECK_PATH);
    });
    if (stats.isDirectory())
      throw fileReadError(path, Object.assign(new Error(), { code: 'EISDIR' }), CHECK_PATH);
    if (!stats.isFile()) {
      throw new AttuneError('INVALID_ARGUMENT', `${path} is not a regular file, but a text is read twice.`, {
        fix: 'Write the text to a file first.',
      });
    }
    total += stats.size;
  }
  return total;
}

/**
 * Reads text files as one text, in the order given, with nothing in between. CRLF becomes LF; other line ends, and a byte
 * order mark, stay what they are. No more than a chunk is in memory.
 *
 * @throws AttuneError FILE_NOT_FOUND; FILE_EMPTY; FILE_CORRUPT, with the offset of the first byte that is no UTF-8.
 */
export async function* readTextChunks(
  paths: readonly string[],
  chunkBytes: number,
): AsyncGenerator<TextChunk, void, undefined> {
  let bytesRead = 0;
  for (const path of paths) {
    // A line end may lie across the border of two chunks, but not of two files.
    let carriageReturn = '';
    for await (const bytes of readCharacters(path, chunkBytes)) {
      bytesRead += bytes.length;
      const text = carriageReturn + decoder.decode(bytes);
      carriageReturn = text.endsWith('\r') ? '\r' : '';
      yield {
        text: text.slice(0, text.length - carriageReturn.length).replaceAll('\r\n', '\n'),
        bytesRead,
      };
    }
    if (carriageReturn) yield { text: carriageReturn, bytesRead };
  }
}

/** Bytes of a file, in chunks of whole UTF-8 characters. Each chunk is valid until the next is asked for. */
async function* readCharacters(
  path: string,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const cannotRead = (error: unknown) => {
    throw fileReadError(path, error, CHECK_PATH);
  };
  const file = await open(path, 'r').catch(cannotRead);
  try {
    const buffer = new Uint8Array(chunkBytes + LONGEST_CHARACTER);
    /** Bytes of an unfinished character, at the begin of the buffer. */
    let unfinished = 0;
    /** Where in the file the buffer begins. */
    let offset = 0;
    while (true) {
      const { bytesRead } = await file.read(buffer, unfinished, chunkBytes).catch(cannotRead);
      if (bytesRead === 0 && offset === 0 && unfinished === 0) {
        throw new AttuneError('FILE_EMPTY', `${path} is empty.`, {
          fix: 'Leave it out, or check how it was made.',
        });
      }
      const filled = unfinished + bytesRead;
      const end = bytesRead === 0 ? filled : wholeCharacters(buffer.subarray(0, filled));
      const bytes = buffer.subarray(0, end);
      checkUtf8(path, bytes, offset);
      if (end > 0) yield bytes;
      if (bytesRead === 0) return;
      buffer.copyWithin(0, end, filled);
      unfinished = filled - end;
      offset += end;
    }
  } finally {
    await file.close();
  }
}

const CHECK_PATH = 'Check the path.';
const LONGEST_CHARACTER = 4;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** How many bytes there are before a character that is not finished at the end, if there is one. */
function wholeCharacters(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back < LONGEST_CHARACTER && back <= length; back++) {
    const byte = bytes[length - back]!;
    if (byte < 0x80) return length;
    if (byte < 0xc0) continue;
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? length - back : length;
  }
  return length;
}

function checkUtf8(path: string, bytes: Uint8Array, start: number): void {
  if (isUtf8(bytes)) return;
  const index = invalidUtf8At(bytes);
  const offset = start + index;
  const byte = bytes[index]!.toString(16).padStart(2, '0');
  throw new AttuneError('FILE_CORRUPT', `${path} is not UTF-8: byte ${offset} is 0x${byte}.`, {
    fix: 'Convert it first, e.g. with `iconv -f LATIN1 -t UTF-8`.',
    data: { path, offset },
  });
}
