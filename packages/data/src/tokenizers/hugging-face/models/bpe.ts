/** The part of the library's BPE that is used. */
export interface BpeModel {
  readonly merges: readonly unknown[];
  readonly cache: { get(token: string): string[] | undefined; put(token: string, pieces: string[]): void };
  readonly max_length_to_cache: number;
  readonly end_of_word_suffix?: string | null;
  readonly continuing_subword_suffix?: string | null;
  bpe: (token: string) => string[];
}

/** Room for positions beside ranks in one number. */
const POSITIONS = 2 ** 27;
const SYMBOLS = 2 ** 26;

/** Up to here, the library's own way is as fast, and needs no table of merges beside its own. */
const SHORT = 64;

/**
 * Lets the library's BPE merge numbers, not texts, in long words. It gives the same, and a word without end, as there is
 * where no pre-tokenizer cuts, takes its length times the logarithm.
 */
export function correctBpe(model: BpeModel): void {
  let merge: ((symbols: readonly string[]) => string[]) | undefined;
  const short = model.bpe.bind(model);
  model.bpe = (token) => {
    if (token.length <= SHORT) return short(token);
    const known = model.cache.get(token);
    if (known) return known;
    const symbols = Array.from(token);
    if (model.end_of_word_suffix) symbols[symbols.length - 1] += model.end_of_word_suffix;
    merge ??= mergerOf(model.merges);
    const merged = merge(symbols);
    const { continuing_subword_suffix: suffix } = model;
    const pieces = suffix
      ? merged.map((piece, i) => (i < merged.length - 1 ? piece + suffix : piece))
      : merged;
    if (token.length < model.max_length_to_cache) model.cache.put(token, pieces);
    return pieces;
  };
}

/** Merges neighbours by the first pair of a list, the leftmost first, until there is none. */
function mergerOf(merges: readonly unknown[]): (symbols: readonly string[]) => string[] {
  const ids = new Map<string, number>();
  const texts: string[] = [];
  const idOf = (text: string): number => {
    let id = ids.get(text);
    if (id === undefined) {
      ids.set(text, (id = texts.length));
      texts.push(text);
    }
    return id;
  };
  const ranks = new Map<number, number>();
  const mergedIds = new Int32Array(merges.length);
  merges.forEach((pair, rank) => {
    if (!Array.isArray(pair) || pair.length !== 2) return;
    const [left, right] = pair as unknown[];
    if (typeof left !== 'string' || typeof right !== 'string') return;
    ranks.set(idOf(left) * SYMBOLS + idOf(right), rank);
    mergedIds[rank] = idOf(left + right);
  });

  return (symbols) => {
    const { length } = symbols;
    // A symbol of no merge stays as it is.
    const id = Int32Array.from(symbols, (symbol) => ids.get(symbol) ?? -1);
    const next = Int32Array.from({ length }, (_, i) => i + 1);
    const previous = Int32Array.from({ length }, (_, i) => i - 1);
    const heap: number[] = [];
    const rankAt = (at: number): number => {
      const right = next[at]!;
      if (right >= length || id[at]! < 0 || id[right]! < 0) return -1;
      return ranks.get(id[at]! * SYMBOLS + id[right]!) ?? -1;
    };
    const offer = (at: number): void => {
      const rank = rankAt(at);
      if (rank >= 0) push(heap, rank * POSITIONS + at);
    };
    for (let at = 0; at < length - 1; at++) offer(at);
    const isGone = new Uint8Array(length);
    while (heap.length > 0) {
      const top = pop(heap);
      const at = top % POSITIONS;
      const rank = (top - at) / POSITIONS;
      if (isGone[at] || rankAt(at) !== rank) continue;
      const right = next[at]!;
      isGone[right] = 1;
      id[at] = mergedIds[rank]!;
      next[at] = next[right]!;
      if (next[at]! < length) previous[next[at]!] = at;
      offer(at);
      if (previous[at]! >= 0) offer(previous[at]!);
    }
    const merged: string[] = [];
    for (let at = 0; at < length; at = next[at]!) merged.push(id[at]! < 0 ? symbols[at]! : texts[id[at]!]!);
    return merged;
  };
}

/** Adds a number to a heap with the least on top. */
function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

/** Takes the least number from a heap that is not empty. */
function pop(heap: number[]): number {
  const top = heap[0]!;
  const value = heap.pop()!;
  const { length } = heap;
  if (length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= length) break;
    if (child + 1 < length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
  return top;
}
