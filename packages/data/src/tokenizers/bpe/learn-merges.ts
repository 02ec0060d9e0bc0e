import { MergeQueue } from './merge-queue.js';
import type { WordTable } from './word-table.js';

/** A vocabulary that grows by merges. */
export interface Vocabulary {
  /** Tokens by id. Merges add to it. */
  readonly tokens: string[];
  /** Ids of tokens. */
  readonly ids: Map<string, number>;
}

export interface LearnMergesOptions {
  /** Tokens at which learning ends. */
  readonly vocabSize: number;
  /** A pair that is rarer is not merged. */
  readonly minFrequency: number;
  /** Hears of the size of the vocabulary now and then. */
  readonly onProgress?: (tokens: number) => void;
}

/** How many merges lie between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 256;

/**
 * Learns which pairs of tokens to merge, in which order: again and again the most frequent one, and of equally frequent
 * ones the one with the lower ids. Adds the new tokens to the vocabulary.
 *
 * The order is that of Hugging Face's `BpeTrainer`, its rare cases included: where two merges make the same token, pairs
 * with that token may be queued twice, and are then merged twice; the later merge counts.
 *
 * Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; tokenizers,
 * `models/bpe/trainer.rs`.
 */
export function learnMerges(
  words: WordTable,
  { tokens, ids }: Vocabulary,
  { vocabSize, minFrequency, onProgress }: LearnMergesOptions,
): [string, string][] {
  const pairs = new PairTable();
  const queue = new MergeQueue();
  for (let word = 0; word < words.size; word++) {
    const count = words.counts[word]!;
    words.eachPair(word, (first, second) => pairs.add(first, second, count, word));
  }
  pairs.flushInto(queue);

  const merges: [first: number, second: number][] = [];
  while (ids.size < vocabSize) {
    const top = queue.pop();
    if (!top) break;
    const { first, second, pair } = top;
    const count = pairs.counts[pair]!;
    if (top.count !== count) {
      top.count = count;
      queue.push(top);
      continue;
    }
    if (count < Math.max(1, minFrequency)) break;
    const text = tokens[first]! + tokens[second]!;
    const token = ids.get(text) ?? tokens.push(text) - 1;
    ids.set(text, token);
    merges.push([first, second]);
    for (const word of top.words) {
      const times = words.counts[word]!;
      words.merge(word, first, second, token, (a, b, by) => pairs.add(a, b, by * times, word));
    }
    pairs.flushInto(queue);
    if (merges.length % PROGRESS_INTERVAL === 0) onProgress?.(ids.size);
  }
  return lastOfEach(merges).map(([first, second]) => [tokens[first]!, tokens[second]!]);
}

/** Without the merges that come again later. */
function lastOfEach(merges: readonly [number, number][]): readonly [number, number][] {
  const last = new Map(merges.map(([first, second], i) => [`${first} ${second}`, i]));
  return last.size === merges.length
    ? merges
    : merges.filter(([first, second], i) => last.get(`${first} ${second}`) === i);
}

/** Pairs of tokens: how often each occurs, and in which words it is new. */
class PairTable {
  readonly counts: number[] = [];
  private readonly firsts: number[] = [];
  private readonly seconds: number[] = [];
  private readonly newIn: number[][] = [];
  /** Pairs that are new in some word. */
  private changed: number[] = [];
  private readonly byFirst: Map<number, number>[] = [];

  /** Counts a pair `by` times more in a word, or less. */
  add(first: number, second: number, by: number, word: number): void {
    const pair = this.indexOf(first, second);
    this.counts[pair]! += by;
    if (by <= 0) return;
    const words = this.newIn[pair]!;
    if (words.length === 0) this.changed.push(pair);
    // Words come one after the other.
    if (words.at(-1) !== word) words.push(word);
  }

  /** Queues the pairs that are new in some word. */
  flushInto(queue: MergeQueue): void {
    for (const pair of this.changed) {
      const [count, words] = [this.counts[pair]!, this.newIn[pair]!];
      this.newIn[pair] = [];
      if (count <= 0) continue;
      queue.push({ first: this.firsts[pair]!, second: this.seconds[pair]!, pair, count, words });
    }
    this.changed = [];
  }

  private indexOf(first: number, second: number): number {
    const bySecond = (this.byFirst[first] ??= new Map<number, number>());
    const known = bySecond.get(second);
    if (known !== undefined) return known;
    const pair = this.counts.push(0) - 1;
    this.firsts.push(first);
    this.seconds.push(second);
    this.newIn.push([]);
    bySecond.set(second, pair);
    return pair;
  }
}
