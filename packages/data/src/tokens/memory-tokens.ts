import { AttuneError } from '@attune/core';
import { fingerprintOf, fingerprintWindows } from './fingerprint.js';
import { checkWindow, type TokenDType, type TokenSource } from './token-source.js';

/** Arrays that token ids come in. */
export type TokenArray = Uint16Array | Uint32Array | Int32Array | readonly number[];

/**
 * Tokens in memory, for tests, browsers and corpora that are generated. The array is used as it is, not copied.
 *
 * @throws AttuneError INVALID_ARGUMENT if an id of a list is not an integer in [0, 2³²).
 */
export function memoryTokens(array: TokenArray): TokenSource {
  const tokens = Array.isArray(array) ? checkedIds(array) : (array as Exclude<TokenArray, readonly number[]>);
  const { length } = tokens;
  const slice = (start: number, count: number) => Int32Array.from(tokens.subarray(start, start + count));
  let fingerprint: string | undefined;

  const source: TokenSource = {
    name: 'memory',
    length,
    dtype: dtypeOf(tokens),
    get fingerprint() {
      fingerprint ??= fingerprintOf(
        length,
        fingerprintWindows(length).map(([start, count]) => slice(start, count)),
      );
      return fingerprint;
    },
    async read(start, count) {
      checkWindow(source, start, count);
      return slice(start, count);
    },
  };
  return source;
}

function checkedIds(ids: readonly number[]): Uint32Array {
  const tokens = Uint32Array.from(ids);
  const wrong = ids.findIndex((id, i) => id !== tokens[i]);
  if (wrong < 0) return tokens;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `Token ids are integers in [0, 2³²), but element ${wrong} is ${ids[wrong]}.`,
  );
}

function dtypeOf(tokens: Uint16Array | Uint32Array | Int32Array): TokenDType {
  const fits = tokens instanceof Uint16Array || tokens.every((id) => id >= 0 && id < 65536);
  return fits ? 'uint16' : 'uint32';
}
