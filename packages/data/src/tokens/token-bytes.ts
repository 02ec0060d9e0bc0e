import { AttuneError } from '@attune/core';
import type { ByteSource, OpenFile } from '@attune/files';
import { fingerprinted, type UnnamedTokens } from './fingerprinted.js';
import { HEADER_BYTES, parseTokenHeader, type TokenHeader } from './token-header.js';
import { checkWindow, type TokenDType, type TokenSource } from './token-source.js';

const BYTES: Readonly<Record<TokenDType, number>> = { uint16: 2, uint32: 4 };

/** Bytes to read tokens from; they are closed with the tokens, where they can be. */
export type TokenBytes = ByteSource & Partial<Pick<OpenFile, 'close'>>;

/** An open token file. */
export interface OpenTokens extends UnnamedTokens {
  /** llm.c's header, or `null` if the file has none. */
  readonly header: TokenHeader | null;
}

/**
 * The tokens of a little-endian file: headerless, such as nanoGPT writes, or with llm.c's header (see
 * {@link parseTokenHeader}). Windows are read where they lie, and nothing is kept.
 *
 * @param dtype of the tokens; may be left out where a header says it.
 * @throws AttuneError FILE_EMPTY; FILE_CORRUPT if the size is no multiple of the size of a token, or the header lies or
 * says another dtype; INVALID_ARGUMENT if there is neither header nor dtype.
 */
export async function tokensOf(file: TokenBytes, dtype?: TokenDType): Promise<OpenTokens> {
  const { name, size } = file;
  const begin = await file.read(0, Math.min(HEADER_BYTES, size));
  const header = parseTokenHeader(begin, size, name);
  const layout = header ? checkHeader(name, header, dtype) : checkSize(name, size, dtype);
  const bytes = BYTES[layout.dtype];
  const tokens: OpenTokens = {
    name,
    header,
    length: layout.length,
    dtype: layout.dtype,
    async read(start, count) {
      checkWindow(tokens, start, count);
      return tokensIn(await file.read(layout.offset + start * bytes, count * bytes), layout.dtype);
    },
    ...(file.close && { close: () => file.close!() }),
  };
  return tokens;
}

/**
 * A typed array has the byte order of the machine: little-endian, as the files, everywhere but on IBM Z. The tokens are a
 * copy: of a file in memory, bytes are a view.
 */
function tokensIn(bytes: Uint8Array, dtype: TokenDType): Int32Array {
  if (dtype === 'uint32') return new Int32Array(bytes.slice().buffer);
  const aligned = bytes.byteOffset % BYTES[dtype] === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  return Int32Array.from(new Uint16Array(buffer, byteOffset, byteLength / BYTES[dtype]));
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
      `${path} has ${dtype} tokens of ${name}, by its header, but ${expected} was expected.`,
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

/**
 * {@link tokensOf} a file that is open, which is closed if it is none.
 *
 * @throws AttuneError as {@link tokensOf}.
 */
export async function openTokenBytes(file: TokenBytes, dtype?: TokenDType): Promise<OpenTokens> {
  try {
    return await tokensOf(file, dtype);
  } catch (error) {
    await file.close?.();
    throw error;
  }
}

/**
 * Opens the tokens of a file, wherever it lies: see {@link tokensOf}.
 *
 * @param dtype of the tokens; may be left out where llm.c's header says it.
 * @throws AttuneError as {@link tokensOf}.
 */
export async function openTokenFile(file: TokenBytes, dtype?: TokenDType): Promise<TokenSource> {
  const tokens = await openTokenBytes(file, dtype);
  try {
    return await fingerprinted(tokens);
  } catch (error) {
    await tokens.close?.();
    throw error;
  }
}
