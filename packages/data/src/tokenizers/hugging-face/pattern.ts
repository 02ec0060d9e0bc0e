import { AttuneError, messageOf, quoted } from '@attune/core';
import { objectOf } from '@attune/files';
import { isHarmless } from '../regex/harmless.js';
import { LinearRegex } from '../regex/linear-regex.js';
import { parseRegex, UnsupportedPattern } from '../regex/parse.js';

/** As much of a pattern as an error shows. */
const SHOWN = 80;

/** `(?>…)`, `a++` and their like, which the library takes for what gives back. */
const GIVES_NOTHING_BACK = /\(\?>|[*+?]\+/;

/** A pattern without what stands for characters in it. */
function withoutCharacters(source: string): string {
  return source.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, '.');
}

/**
 * An expression that the library made of a pattern of a tokenizer.json, if it is known to be harmless, or else one that
 * finds the same in time that grows with the text only: patterns of strangers may backtrack forever.
 *
 * @param pattern as the file has it.
 * @throws AttuneError FILE_CORRUPT for what neither can be.
 */
export function safePattern(native: RegExp, pattern: unknown): RegExp | LinearRegex {
  try {
    if (isHarmless(parseRegex(native.source))) return native;
    const { Regex: source } = objectOf(pattern);
    if (typeof source === 'string' && GIVES_NOTHING_BACK.test(withoutCharacters(source))) {
      throw new UnsupportedPattern('it has a group or a repetition that gives nothing back');
    }
    return new LinearRegex(native.source);
  } catch (cause) {
    if (!(cause instanceof UnsupportedPattern)) throw cause;
    throw new AttuneError(
      'FILE_CORRUPT',
      `The tokenizer.json cannot be used: its pattern ${shown(native.source)} cannot be run safely: ${messageOf(cause)}.`,
      { fix: 'Use a tokenizer with a simpler pattern, or ask for this one to be supported.', cause },
    );
  }
}

/** A pattern for a message: in printable characters, and not all of a long one. */
export function shown(pattern: string): string {
  return quoted(pattern, SHOWN);
}
