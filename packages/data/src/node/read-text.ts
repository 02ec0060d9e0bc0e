import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { AttuneError, fileReadError } from '@attune/core';
import { invalidUtf8At } from '../prepare/invalid-utf8.js';
import { notUtf8Fix, textBytes } from '../text/index.js';
import { gunzip } from './files/gunzip.js';
import { CHECK_PATH, readFileChunks } from './files/read-file-chunks.js';

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
      throw fileReadError(
        path,
        Object.assign(new Error(), { code: 'EISDIR' }),
        `Name the files in it, e.g. ${path.replace(/[/\\]+$/, '')}/*.txt.`,
      );
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
 * order mark of UTF-8, stay what they are. Files that gzip has packed are unpacked, and UTF-16 with a byte order mark is read
 * without the mark. No more than a chunk is in memory.
 *
 * @throws AttuneError FILE_NOT_FOUND; FILE_EMPTY; UNSUPPORTED_FILE if a file is of a kind that is not text; FILE_CORRUPT, with
 * the offset of the first byte that is no UTF-8.
 */
export async function* readTextChunks(
  paths: readonly string[],
  chunkBytes: number,
): AsyncGenerator<TextChunk, void, undefined> {
  let bytesRead = 0;
  for (const path of paths) {
    // A line end may lie across the border of two chunks, but not of two files.
    let carriageReturn = '';
    const before = bytesRead;
    const onRead = (bytes: number) => (bytesRead = before + bytes);
    for await (const bytes of readCharacters(path, chunkBytes, onRead)) {
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

/**
 * Bytes of a text, in chunks of whole UTF-8 characters.
 *
 * @param onRead called with the number of bytes of the file that were read so far.
 */
async function* readCharacters(
  path: string,
  chunkBytes: number,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const unpack = (packed: AsyncIterable<Uint8Array>) => gunzip(packed, { name: path, chunkBytes });
  const chunks = textBytes(readFileChunks(path, chunkBytes, onRead), {
    name: path,
    use: 'text',
    gunzip: unpack,
  });
  /** Bytes of a character that is not finished. */
  let unfinished = new Uint8Array(0);
  /** How many bytes of the text came before them. */
  let offset = 0;
  for await (const chunk of chunks) {
    const bytes = unfinished.length === 0 ? chunk : Buffer.concat([unfinished, chunk]);
    const end = wholeCharacters(bytes);
    checkUtf8(path, bytes.subarray(0, end), offset);
    if (end > 0) yield bytes.subarray(0, end);
    unfinished = new Uint8Array(bytes.subarray(end));
    offset += end;
  }
  // What is not finished at the end never will be.
  checkUtf8(path, unfinished, offset);
  if (offset > 0) return;
  throw new AttuneError('FILE_EMPTY', `${path} is empty.`, {
    fix: 'Leave it out, or check how it was made.',
  });
}

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
    fix: notUtf8Fix(path, bytes),
    data: { path, offset },
  });
}
