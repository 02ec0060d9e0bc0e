/** Words as tokens, all in one array. A word only becomes shorter. */
export class WordTable {
  private readonly tokens: Int32Array;
  private readonly starts: Float64Array;
  private readonly lengths: Int32Array;
  readonly counts: Float64Array;

  /**
   * @param words bytes of each word, and how often it occurs.
   * @param tokenOf the token of each byte.
   */
  constructor(words: readonly (readonly [Uint8Array, number])[], tokenOf: readonly number[]) {
    this.tokens = new Int32Array(words.reduce((sum, [bytes]) => sum + bytes.length, 0));
    this.starts = new Float64Array(words.length);
    this.lengths = new Int32Array(words.length);
    this.counts = new Float64Array(words.length);
    let start = 0;
    for (const [i, [bytes, count]] of words.entries()) {
      for (let j = 0; j < bytes.length; j++) this.tokens[start + j] = tokenOf[bytes[j]!]!;
      this.starts[i] = start;
      this.lengths[i] = bytes.length;
      this.counts[i] = count;
      start += bytes.length;
    }
  }

  get size(): number {
    return this.counts.length;
  }

  /** Visits the pairs of neighbours in a word. */
  eachPair(word: number, visit: (first: number, second: number) => void): void {
    const start = this.starts[word]!;
    const end = start + this.lengths[word]!;
    for (let i = start; i + 1 < end; i++) visit(this.tokens[i]!, this.tokens[i + 1]!);
  }

  /**
   * Replaces a pair in a word by a token, from left to right.
   *
   * @param change hears of each pair that comes (1) or goes (−1), the merged one itself aside.
   */
  merge(
    word: number,
    first: number,
    second: number,
    token: number,
    change: (first: number, second: number, by: 1 | -1) => void,
  ): void {
    const { tokens } = this;
    const start = this.starts[word]!;
    const end = start + this.lengths[word]!;
    let write = start;
    for (let read = start; read < end; read++) {
      if (tokens[read] !== first || read + 1 >= end || tokens[read + 1] !== second) {
        tokens[write++] = tokens[read]!;
        continue;
      }
      if (write > start) {
        const before = tokens[write - 1]!;
        change(before, first, -1);
        change(before, token, 1);
      }
      tokens[write++] = token;
      read++;
      if (read + 1 < end) {
        const after = tokens[read + 1]!;
        change(second, after, -1);
        change(token, after, 1);
      }
    }
    this.lengths[word] = write - start;
  }
}
