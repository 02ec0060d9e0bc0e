import { AttuneError } from '@attune/core';

/** Cuts a text that arrives bit by bit into pieces that can be encoded alone. */
export interface TextCutter {
  /**
   * Takes more text, and returns the pieces that are complete.
   *
   * @throws AttuneError INVALID_ARGUMENT if a piece would be longer than a string can be.
   */
  push(text: string): string[];
  /** Returns the rest of the text, and resets the cutter. */
  end(): string[];
}

export interface TextCutterOptions {
  /** About how long a piece is, in UTF-16 units. Longer where there is no border. */
  readonly pieceLength: number;
  /** The longest string. */
  readonly maxLength: number;
  /** See `Tokenizer`. Without it, the whole text is one piece. */
  readonly lastBorder?: ((text: string) => number) | undefined;
}

/** Cuts where `lastBorder` allows it. */
export function textCutter({ pieceLength, maxLength, lastBorder }: TextCutterOptions): TextCutter {
  let rest = '';
  /** From which length on a border is looked for. It doubles while there is none, so that the search stays linear. */
  let enough = pieceLength;
  return {
    push(text) {
      if (rest.length + text.length > maxLength) throw tooLong(maxLength, lastBorder !== undefined);
      rest += text;
      if (rest.length < enough) return [];
      const border = lastBorder?.(rest) ?? 0;
      if (border === 0) {
        enough = 2 * rest.length;
        return [];
      }
      const piece = rest.slice(0, border);
      rest = rest.slice(border);
      enough = pieceLength;
      return [piece];
    },
    end() {
      const pieces = rest === '' ? [] : [rest];
      rest = '';
      enough = pieceLength;
      return pieces;
    },
  };
}

function tooLong(maxLength: number, hasBorders: boolean): AttuneError {
  return hasBorders
    ? new AttuneError('INVALID_ARGUMENT', `The text has ${maxLength} characters without a place to cut it.`, {
        fix: 'Break it into lines or words, or use the bytes tokenizer.',
      })
    : new AttuneError(
        'INVALID_ARGUMENT',
        `This tokenizer.json does not tell where a text can be cut, and the text has more than ${maxLength} characters.`,
        {
          fix: 'Prepare parts of it with the same tokenizer, and list their files under "shards" in meta.json.',
        },
      );
}
