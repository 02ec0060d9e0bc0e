import type { TextSpan } from './chat-template.js';
import { anyOf, type TextEncoder } from './encode-text.js';

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
  encoder: TextEncoder,
  text: string,
  ids: ArrayLike<number>,
  spans: readonly TextSpan[],
): TokenSpan[] {
  if (spans.length === 0) return [];
  const anchors = anchorsIn(encoder, text, ids);
  const places = new Map<number, Border>();
  const borderAt = (place: number): Border => {
    let border = places.get(place);
    if (!border) places.set(place, (border = borderOf(encoder, text, ids, anchors, place)));
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

/** A token that what follows it can be encoded from. */
interface Anchor {
  readonly text: string;
  readonly id: number;
  /** Where it ends in the text. */
  readonly end: number;
  /** Its index among the tokens. */
  readonly index: number;
}

function borderOf(
  { encode }: TextEncoder,
  text: string,
  ids: ArrayLike<number>,
  anchors: readonly Anchor[],
  place: number,
): Border {
  if (place <= 0) return { before: 0, clean: true };
  if (place >= text.length) return { before: ids.length, clean: true };
  if (isWithinPair(text, place)) return { before: 0, clean: false };
  // All that stands before gives the same, but takes longer.
  const anchor = anchors.filter(({ end }) => end <= place).at(-1);
  const prefix = encode((anchor?.text ?? '') + text.slice(anchor?.end ?? 0, place));
  const first = anchor?.index ?? 0;
  let same = 0;
  while (same < prefix.length && prefix[same] === ids[first + same]) same++;
  return { before: first + same, clean: same === prefix.length };
}

/** The anchors of a text, or none if they are not exactly those among the tokens. */
function anchorsIn({ anchors }: TextEncoder, text: string, ids: ArrayLike<number>): Anchor[] {
  const byId = new Map([...anchors].map(([content, id]) => [id, content]));
  const indices: number[] = [];
  for (let i = 0; i < ids.length; i++) if (byId.has(ids[i]!)) indices.push(i);
  // Of hundreds of added tokens, a text has few.
  const present = new Set(indices.map((index) => byId.get(ids[index]!)!));
  if (present.size === 0) return [];
  const found = [...text.matchAll(anyOf(present))].map(({ 0: match, index }, n): Anchor => {
    const id = anchors.get(match)!;
    return { text: match, id, end: index + match.length, index: indices[n] ?? -1 };
  });
  const same = found.length === indices.length && found.every(({ id, index }) => ids[index] === id);
  return same ? found : [];
}

/** Whether the place is between the two units of one character. */
function isWithinPair(text: string, place: number): boolean {
  return text.codePointAt(place - 1)! > 0xffff;
}
