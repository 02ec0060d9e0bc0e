import type { JsonObject } from '@attune/files';

/** The treatments of a pattern's matches, by their names in a tokenizer.json. */
const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;

/** One of {@link BEHAVIORS}. */
export type SplitBehavior = (typeof BEHAVIORS)[number];

/** True if a value is a {@link SplitBehavior}. */
export function isSplitBehavior(value: unknown): value is SplitBehavior {
  return (BEHAVIORS as readonly unknown[]).includes(value);
}

/**
 * A step that cuts a text at a pattern, in the words that the library follows. It knows of two: to isolate what is found,
 * and to keep nothing else. The others are said by patterns that find whole pieces.
 *
 * @param pattern a regular expression as a tokenizer.json has it.
 * @param inverted whether the pattern describes what lies between the places meant.
 */
export function splitStep(pattern: string, behavior: SplitBehavior, inverted = false): JsonObject {
  const found = `(?:${pattern})`;
  const between = `(?:(?!${found})[\\s\\S])+`;
  switch (behavior) {
    case 'Isolated':
      return isolating(pattern);
    case 'Removed':
      // What groups capture, JavaScript would give back among the pieces.
      return { ...isolating(withoutCaptures(pattern)), behavior: 'Removed', invert: inverted };
    case 'Contiguous':
      return isolating(`${found}+`);
    case 'MergedWithPrevious':
      return isolating(inverted ? followedBy(found, between) : followedBy(between, found));
    case 'MergedWithNext':
      return isolating(inverted ? followedBy(between, found) : followedBy(found, between));
  }
}

/** A text as a pattern that finds it. */
export function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The first, with the second where it comes next, or else the second alone. */
function followedBy(first: string, second: string): string {
  return `${first}(?:${second})?|${second}`;
}

function isolating(pattern: string): JsonObject {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function withoutCaptures(pattern: string): string {
  return pattern.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\((?!\?)/g, (part) => (part === '(' ? '(?:' : part));
}
