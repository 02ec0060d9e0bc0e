import { AttuneError } from '@attune/core';
import type { TokenDType } from './token-source.js';

/** Bytes of llm.c's header: 256 little-endian int32, of which the first three mean something. */
export const HEADER_BYTES = 1024;

/** The formats that llm.c writes, by the magic number of a file. */
const FORMATS: Readonly<Record<number, TokenHeaderFormat>> = {
  20240520: { name: 'GPT-2', version: 1, dtype: 'uint16', vocabSize: 50257 },
  20240801: { name: 'Llama 3', version: 7, dtype: 'uint32', vocabSize: 128256 },
};

interface TokenHeaderFormat {
  /** The name of the tokenizer. */
  readonly name: 'GPT-2' | 'Llama 3';
  readonly version: number;
  readonly dtype: TokenDType;
  readonly vocabSize: number;
}

/** The header of a token file. */
export interface TokenHeader extends TokenHeaderFormat {
  /** Tokens after the header. */
  readonly tokens: number;
}

/**
 * Reads llm.c's header: magic number 20240520 and version 1 for uint16 tokens of GPT-2, 20240801 and 7 for uint32 tokens
 * of Llama 3, then the number of tokens. The magic numbers as tokens would be ids above 55,000 of a 16-bit vocabulary,
 * or above 20 million, so that no file of GPT-2's tokens is taken for one with a header.
 *
 * Source: karpathy/llm.c, `dev/data/data_common.py`.
 *
 * @param bytes the first {@link HEADER_BYTES} of the file, or all there are.
 * @param size of the file, in bytes.
 * @param name of the file, for messages.
 * @returns `null` if the file has no header.
 * @throws AttuneError FILE_CORRUPT if the header is of another version, or does not fit the size of the file.
 */
export function parseTokenHeader(bytes: Uint8Array, size: number, name: string): TokenHeader | null {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = FORMATS[view.getInt32(0, true)];
  if (!format) return null;
  const corrupt = (what: string, fix: string): never => {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name} begins with llm.c's magic number for ${format.name}, but ${what}.`,
      {
        fix,
      },
    );
  };
  const again = 'It was cut off or is damaged: download or tokenise it again.';
  if (bytes.length < HEADER_BYTES)
    return corrupt(`has ${size} bytes, less than the ${HEADER_BYTES} of a header`, again);
  const version = view.getInt32(4, true);
  if (version !== format.version) {
    return corrupt(
      `its version is ${version} instead of ${format.version}`,
      'Write it with the data scripts of llm.c as they are now.',
    );
  }
  const tokens = view.getInt32(8, true);
  const bytesPerToken = format.dtype === 'uint16' ? 2 : 4;
  if (tokens < 0 || size !== HEADER_BYTES + tokens * bytesPerToken) {
    return corrupt(
      `its ${tokens} ${format.dtype} tokens and the header do not make the ${size} bytes it has`,
      again,
    );
  }
  return { ...format, tokens };
}
