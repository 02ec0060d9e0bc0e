/** A part of a pattern. Groups have no node of their own: nothing asks what they captured. */
export type PatternNode =
  | { readonly kind: 'text'; readonly text: string; readonly ignoreCase: boolean }
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly min: number; readonly max: number }
  /** Looks ahead, or back by `width` characters, without moving on. */
  | { readonly kind: 'look'; readonly part: PatternNode; readonly negative: boolean; readonly back?: number }
  | { readonly kind: 'place'; readonly holds: (text: string, position: number) => boolean };

/** Python's inline flags. Those for ASCII and Unicode say nothing about the names of modules. */
export interface PatternFlags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

const FOLDED: Readonly<Record<string, string>> = { ſ: 's', ı: 'i', İ: 'i' };

/** Text in which letters that differ in case only are the same, as Python's IGNORECASE compares them. */
export function foldCase(text: string): string {
  return Array.from(text, (character) => FOLDED[character] ?? character.toLowerCase()).join('');
}

/** A node for a character that stands for itself. */
export function textNode(text: string, { i: ignoreCase }: PatternFlags): PatternNode {
  return { kind: 'text', text: ignoreCase ? foldCase(text) : text, ignoreCase };
}

const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
const isBoundary = (text: string, position: number) => isWord(text[position - 1]) !== isWord(text[position]);

/** The classes that `\d` and its like stand for. */
export const CLASSES: Readonly<Record<string, (character: string) => boolean>> = {
  d: (character) => /\p{Nd}/u.test(character),
  D: (character) => !/\p{Nd}/u.test(character),
  s: (character) => /[\s\x1c-\x1f\x85]/.test(character),
  S: (character) => !/[\s\x1c-\x1f\x85]/.test(character),
  w: isWord,
  W: (character) => !isWord(character),
};

/** Places between characters: `^`, `\b` and their like. */
export const PLACES = {
  start: (_: string, position: number) => position === 0,
  end: (text: string, position: number) => position === text.length,
  lineStart: (text: string, position: number) => position === 0 || text[position - 1] === '\n',
  lineEnd: (text: string, position: number) => position === text.length || text[position] === '\n',
  /** `$`: also before a line feed that ends the text. */
  lastEnd: (text: string, position: number) =>
    position === text.length || (position === text.length - 1 && text[position] === '\n'),
  boundary: isBoundary,
  /** Nowhere in an empty text. */
  noBoundary: (text: string, position: number) => text !== '' && !isBoundary(text, position),
} as const;

/** How many characters a node matches at least and at most: a look-behind needs both to be one number. */
export function widthOf(node: PatternNode): readonly [number, number] {
  switch (node.kind) {
    case 'text':
      return [node.text.length, node.text.length];
    case 'character':
      return [1, 1];
    case 'sequence':
      return node.parts.map(widthOf).reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    case 'choice': {
      return node.options.map(widthOf).reduce(([a, b], [c, d]) => [Math.min(a, c), Math.max(b, d)]);
    }
    case 'repeat': {
      const [least, most] = widthOf(node.part);
      return [least * node.min, most === 0 ? 0 : most * node.max];
    }
    case 'look':
    case 'place':
      return [0, 0];
  }
}
