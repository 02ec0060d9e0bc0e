import { AttuneError } from '@attune/core';
import type { UnnamedTokens } from './fingerprinted.js';
import { checkWindow } from './token-source.js';

/**
 * Several sources as one, in the order given. A window that crosses a border is read across it.
 *
 * @param name for messages.
 * @throws AttuneError INVALID_ARGUMENT if there is no source.
 */
export function joinedTokens(name: string, parts: readonly UnnamedTokens[]): UnnamedTokens {
  if (parts.length === 0) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `${name}: expected at least one source of tokens, but got none.`,
    );
  }
  /** Where each part starts, and at the end the length of all. */
  const starts = [0];
  for (const part of parts) starts.push(starts.at(-1)! + part.length);

  const joined: UnnamedTokens = {
    name,
    length: starts.at(-1)!,
    dtype: parts.some(({ dtype }) => dtype === 'uint32') ? 'uint32' : 'uint16',
    async read(start, count) {
      checkWindow(joined, start, count);
      const first = partAt(starts, start);
      const within = start - starts[first]!;
      // Most windows lie in one part: its array is passed on without a copy.
      if (count === 0 || within + count <= parts[first]!.length) return parts[first]!.read(within, count);

      const reads: Promise<Int32Array>[] = [];
      for (let part = first, at = start; at < start + count; part++) {
        const end = Math.min(start + count, starts[part + 1]!);
        reads.push(parts[part]!.read(at - starts[part]!, end - at));
        at = end;
      }
      const window = new Int32Array(count);
      let filled = 0;
      for (const piece of await Promise.all(reads)) {
        window.set(piece, filled);
        filled += piece.length;
      }
      return window;
    },
    async close() {
      for (const part of parts) await part.close?.();
    },
  };
  return joined;
}

/** The last part that starts at or before `index`, by bisection. */
function partAt(starts: readonly number[], index: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
