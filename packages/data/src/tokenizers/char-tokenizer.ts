import { AttuneError } from '@attune/core';
import { checkIds, type TokenIds, type Tokenizer, type TokenizerDescription } from './base/tokenizer.js';

/**
 * One token per character (Unicode code point). Ids follow the order of the code points, as in nanoGPT's
 * character-level `prepare.py`.
 *
 * @param text the vocabulary is the set of its characters.
 * @throws AttuneError INVALID_ARGUMENT if the text is empty.
 */
export function charTokenizer(text: string): Tokenizer {
  return new CharTokenizer(codePointsOf(text));
}

/** Distinct code points, in ascending order. */
function codePointsOf(text: string): number[] {
  const present = new Set<number>();
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i)!;
    present.add(codePoint);
    if (codePoint > 0xffff) i++;
  }
  return [...present].sort((a, b) => a - b);
}

class CharTokenizer implements Tokenizer {
  readonly name = 'char';
  readonly vocabSize: number;
  private readonly chars: readonly string[];
  /** Ids by code point, and −1 where there is none. A table, since every character of the data is looked up in it. */
  private readonly ids: Int32Array;

  constructor(codePoints: readonly number[]) {
    if (codePoints.length === 0) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        'A character vocabulary is taken from a text, but it is empty.',
      );
    }
    this.vocabSize = codePoints.length;
    this.chars = codePoints.map((codePoint) => String.fromCodePoint(codePoint));
    this.ids = new Int32Array(codePoints.at(-1)! + 1).fill(-1);
    codePoints.forEach((codePoint, id) => (this.ids[codePoint] = id));
  }

  encode(text: string): Int32Array {
    const { ids: table } = this;
    const ids = new Int32Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      const id = codePoint < table.length ? table[codePoint]! : -1;
      if (id < 0) throw this.unknown(codePoint, count);
      ids[count++] = id;
      if (codePoint > 0xffff) i++;
    }
    return ids.subarray(0, count);
  }

  lastBorder(text: string): number {
    return text.length;
  }

  private unknown(codePoint: number, position: number): AttuneError {
    const char = String.fromCodePoint(codePoint);
    const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    return new AttuneError(
      'INVALID_ARGUMENT',
      `Character ${position} of the text is ${JSON.stringify(char)} (${code}), which is none of the ${this.vocabSize} characters of the vocabulary.`,
      {
        fix: 'Leave it out, prepare data in which it occurs, or use the bytes or gpt2 tokenizer.',
        data: { char, position },
      },
    );
  }

  decode(ids: TokenIds): string {
    checkIds(this, ids);
    return Array.from(ids, (id) => this.chars[id]!).join('');
  }

  toJSON(): TokenizerDescription {
    return { kind: 'char', chars: this.chars.join('') };
  }
}
