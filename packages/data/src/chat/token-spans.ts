import type { TextSpan } from './chat-template.js';

/** Ids of a text. */
export type Encode = (text: string) => ArrayLike<number>;

/** Tokens `[start, end)`. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Which tokens of a text have characters of its spans. The text is encoded once, as a whole; where a span begins or ends
 * is found by encoding what stands before: if that gives the first n tokens of the whole, the place is between two
 * tokens. A token that reaches over a border belongs to the span, as in transformers' `return_assistant_tokens_mask`:
 * in `[/INST] yes`, the space before the answer is part of the answer's first token.
 *
 * @param ids of the whole text.
 */
export function tokenSpans(
  encode: Encode,
  text: string,
  ids: ArrayLike<number>,
  spans: readonly TextSpan[],
): TokenSpan[] {
  const places = new Map<number, Border>();
  const borderAt = (place: number): Border => {
    let border = places.get(place);
    if (!border) places.set(place, (border = borderOf(encode, text, ids, place)));
    return border;
  };
  return spans.map(({ start, end }) => {
    let from = start;
    while (!borderAt(from).clean) from--;
    let to = end;
    while (!borderAt(to).clean) to++;
    return { start: Math.max(borderAt(from).before, borderAt(start).before), end: borderAt(to).before };
  });
}

/** A place in the text. */
interface Border {
  /** Tokens that lie before it: all of them, or some of them where one reaches over it. */
  readonly before: number;
  /** Whether none reaches over it. */
  readonly clean: boolean;
}

function borderOf(encode: Encode, text: string, ids: ArrayLike<number>, place: number): Border {
  if (place <= 0) return { before: 0, clean: true };
  if (place >= text.length) return { before: ids.length, clean: true };
  if (isWithinPair(text, place)) return { before: 0, clean: false };
  const prefix = encode(text.slice(0, place));
  let same = 0;
  while (same < prefix.length && prefix[same] === ids[same]) same++;
  return { before: same, clean: same === prefix.length };
}

/** Whether the place is between the two units of one character. */
function isWithinPair(text: string, place: number): boolean {
  return text.codePointAt(place - 1)! > 0xffff;
}
