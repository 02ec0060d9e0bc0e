import { AttuneError } from '@attune/core';
import { GPT2_PIECES } from '../gpt2-tokenizer.js';

/** The most that may be kept of the pieces a text is cut into, while they are counted. */
export interface PieceLimits {
  /** Distinct pieces. A `Map` has room for twice as many. */
  readonly pieces: number;
  /** UTF-16 units of all distinct pieces together. */
  readonly units: number;
}

const LIMITS: PieceLimits = { pieces: 2 ** 23, units: 2 ** 27 };

/** Counts the pieces into which GPT-2's pattern cuts a text. Memory grows with the distinct pieces, not with the text. */
export class PieceCounts {
  private readonly counts = new Map<string, number>();
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private units = 0;

  constructor(private readonly limits: PieceLimits = LIMITS) {}

  /**
   * Adds a text, or a part of one that ends where the pattern ends a piece anyway.
   *
   * @throws AttuneError INVALID_ARGUMENT if there are too many distinct pieces.
   */
  add(text: string): void {
    const { counts } = this;
    const pattern = new RegExp(GPT2_PIECES);
    for (let start = 0; pattern.test(text); start = pattern.lastIndex) {
      const piece = text.slice(start, pattern.lastIndex);
      const count = counts.get(piece);
      if (count === undefined) this.insert(piece);
      else counts.set(piece, count + 1);
    }
  }

  private insert(piece: string): void {
    this.units += piece.length;
    if (this.counts.size >= this.limits.pieces || this.units > this.limits.units) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `The text has too many distinct words to train a vocabulary on: more than ${this.counts.size}.`,
        { fix: 'Train on a part of it, then prepare the whole with the tokenizer.json that comes of it.' },
      );
    }
    // A copy: in V8, a slice of a text keeps all of the text in memory.
    this.counts.set(this.decoder.decode(this.encoder.encode(piece)), 1);
  }

  /** Distinct pieces as UTF-8, and how often each occurs. */
  *entries(): Generator<readonly [bytes: Uint8Array, count: number]> {
    for (const [piece, count] of this.counts) yield [this.encoder.encode(piece), count];
  }
}
