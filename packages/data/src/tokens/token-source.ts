import { AttuneError } from '@attune/core';

/** How ids are stored: `uint16` for vocabularies of up to 65,536 tokens, else `uint32`. */
export type TokenDType = 'uint16' | 'uint32';

/** The dtype token ids of a vocabulary are stored in. */
export function tokenDType(vocabSize: number): TokenDType {
  return vocabSize > 65536 ? 'uint32' : 'uint16';
}

/** A part of a token folder. */
export type Split = 'train' | 'val';

/** A long row of token ids, read window by window. */
export interface TokenSource {
  /** For messages: a path, or `memory`. */
  readonly name: string;
  /** How many tokens there are. */
  readonly length: number;
  readonly dtype: TokenDType;
  /** A hash that tells this text from another one: see {@link fingerprintOf}. */
  readonly fingerprint: string;
  /**
   * Copies tokens `start` to `start + count − 1`. An id of 2³¹ and above, which only a damaged file has, comes out
   * negative.
   *
   * @throws AttuneError INVALID_ARGUMENT if the window is not within the tokens; FILE_CORRUPT if the file became shorter.
   */
  read(start: number, count: number): Promise<Int32Array>;
  /** Closes the file. Reads fail from then on. */
  close?(): Promise<void>;
}

/** @throws AttuneError INVALID_ARGUMENT unless `start` and `count` name a window within the source. */
export function checkWindow(source: { name: string; length: number }, start: number, count: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(count);
  if (whole && start >= 0 && count >= 0 && start + count <= source.length) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `${source.name}: expected a window within [0, ${source.length}), but got ${count} tokens from ${start}.`,
  );
}
