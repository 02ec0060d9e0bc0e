import { close, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { AttuneError, fileReadError } from '@attune/core';
import {
  checkWindow,
  fingerprinted,
  HEADER_BYTES,
  parseTokenHeader,
  type TokenDType,
  type TokenHeader,
  type TokenSource,
  type UnnamedTokens,
} from '../tokens/index.js';

// Descriptors, not the FileHandles of node:fs/promises: those warn when a dataset is dropped without close().
const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);

const BYTES: Readonly<Record<TokenDType, number>> = { uint16: 2, uint32: 4 };

/** An open token file. */
export interface OpenTokens extends UnnamedTokens {
  /** What llm.c's header says, or `null` if the file has none. */
  readonly header: TokenHeader | null;
}

/**
 * Opens a little-endian token file: headerless, such as nanoGPT writes, or with llm.c's header (see
 * {@link parseTokenHeader}). Windows are read where they lie, and nothing is kept: memory stays flat whatever the size
 * of the file. Node has no memory mapping; the page cache of the operating system does its work, and a window that was
 * read lately costs a copy.
 *
 * @param dtype of the tokens; may be left out where a header says it.
 * @throws AttuneError FILE_NOT_FOUND; FILE_EMPTY; FILE_CORRUPT if the size is no multiple of the size of a token, or the
 * header lies or says another dtype; INVALID_ARGUMENT if there is neither header nor dtype.
 */
export async function openTokenFile(path: string, dtype?: TokenDType): Promise<TokenSource> {
  const tokens = await openTokens(path, dtype);
  try {
    return await fingerprinted(tokens);
  } catch (error) {
    await tokens.close?.();
    throw error;
  }
}

/** {@link openTokenFile} without the fingerprint, for files that are parts of one source. */
export async function openTokens(path: string, dtype?: TokenDType): Promise<OpenTokens> {
  const missing = 'Make token files with `attune prepare`, or check the path.';
  let descriptor: number | undefined = await openAsync(path, 'r').catch((error: unknown) => {
    throw fileReadError(path, error, missing);
  });
  const dispose = async () => {
    const open = descriptor;
    descriptor = undefined;
    if (open !== undefined) await closeAsync(open);
  };

  try {
    const stats = await fstatAsync(descriptor);
    if (stats.isDirectory())
      throw fileReadError(path, Object.assign(new Error(), { code: 'EISDIR' }), missing);
    const begin = new Uint8Array(Math.min(HEADER_BYTES, stats.size));
    await readFully(path, descriptor, begin, 0);
    const header = parseTokenHeader(begin, stats.size, path);
    const layout = header ? checkHeader(path, header, dtype) : checkSize(path, stats.size, dtype);
    const bytes = BYTES[layout.dtype];

    const tokens: OpenTokens = {
      name: path,
      header,
      length: layout.length,
      dtype: layout.dtype,
      async read(start, count) {
        checkWindow(tokens, start, count);
        if (descriptor === undefined) throw new AttuneError('DISPOSED', `${path} was closed.`);
        const buffer = new Uint8Array(count * bytes);
        await readFully(path, descriptor, buffer, layout.offset + start * bytes);
        // A typed array has the byte order of the machine: little-endian, as the files, everywhere but on IBM Z.
        return layout.dtype === 'uint16'
          ? Int32Array.from(new Uint16Array(buffer.buffer))
          : new Int32Array(buffer.buffer);
      },
      close: dispose,
    };
    return tokens;
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Where the tokens of a file lie. */
interface Layout {
  readonly dtype: TokenDType;
  /** Bytes before the first token. */
  readonly offset: number;
  readonly length: number;
}

function checkHeader(path: string, { name, dtype, tokens }: TokenHeader, expected?: TokenDType): Layout {
  if (tokens === 0) throw emptyError(path);
  if (expected !== undefined && expected !== dtype) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${path} has ${dtype} tokens of ${name}, as its header says, but ${expected} was expected.`,
      { fix: `Set "dtype" to "${dtype}" in meta.json, or check that this is the right file.` },
    );
  }
  return { dtype, offset: HEADER_BYTES, length: tokens };
}

function checkSize(path: string, size: number, dtype?: TokenDType): Layout {
  if (size === 0) throw emptyError(path);
  if (dtype === undefined) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `${path} has no header, so that the dtype of its tokens is unknown.`,
      {
        fix: 'Pass "uint16" or "uint32".',
      },
    );
  }
  const bytes = BYTES[dtype];
  if (size % bytes !== 0) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${path} has ${size} bytes, which is no multiple of the ${bytes} bytes of a ${dtype} token.`,
      {
        fix: 'It was cut off, or holds something else: make it again with `attune prepare`.',
        data: { size, dtype },
      },
    );
  }
  return { dtype, offset: 0, length: size / bytes };
}

function emptyError(path: string): AttuneError {
  return new AttuneError('FILE_EMPTY', `${path} has no tokens.`, {
    fix: 'Make it again with `attune prepare`; a run that was interrupted may have left it.',
  });
}

/** Fills `buffer` from byte `position` on. One read may return less than it was asked for. */
async function readFully(
  path: string,
  descriptor: number,
  buffer: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const count = await new Promise<number>((resolve, reject) => {
      read(descriptor, buffer, done, buffer.length - done, position + done, (error, bytesRead) =>
        error ? reject(fileReadError(path, error, '')) : resolve(bytesRead),
      );
    });
    if (count === 0) {
      throw new AttuneError(
        'FILE_CORRUPT',
        `${path} ended at byte ${position + done}: it became shorter while it was open.`,
        {
          fix: 'Do not write to token files that are in use; start again.',
        },
      );
    }
    done += count;
  }
}
