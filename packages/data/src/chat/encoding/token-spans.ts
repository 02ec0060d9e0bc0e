import { AttuneError } from '@attune/core';
import type { TextSpan } from '../jinja/evaluate/rendering.js';
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
  const borders = new Borders(encoder, text, ids);
  return spans.map(({ start, end }) => {
    let from = start;
    while (!borders.at(from).clean) from--;
    let to = end;
    while (!borders.at(to).clean) to++;
    return { start: Math.max(borders.at(from).before, borders.at(start).before), end: borders.at(to).before };
  });
}

/** A place in the text. */
interface Border {
  /** Tokens that lie before it: all of them, or some of them where one reaches over it. */
  readonly before: number;
  /** True if none reaches over it. */
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

/** The most text that is encoded for the borders of a text: a multiple of its length, and a least amount. */
const [TIMES, IN_ANY_CASE] = [2, 2 ** 20];

/** Borders of the tokens of a text. */
class Borders {
  private readonly anchors: readonly Anchor[];
  private readonly known = new Map<number, Border>();
  /** The last clean border that was found: what follows it can mostly be encoded alone. */
  private last = { place: 0, before: 0 };
  private room: number;

  constructor(
    private readonly encoder: TextEncoder,
    private readonly text: string,
    private readonly ids: ArrayLike<number>,
  ) {
    this.anchors = anchorsIn(encoder, text, ids);
    this.room = TIMES * text.length + IN_ANY_CASE;
  }

  at(place: number): Border {
    let border = this.known.get(place);
    if (!border) {
      this.known.set(place, (border = this.find(place)));
      if (border.clean) this.last = { place, before: border.before };
    }
    return border;
  }

  private find(place: number): Border {
    const { text, ids, last } = this;
    if (place <= 0) return { before: 0, clean: true };
    if (place >= text.length) return { before: ids.length, clean: true };
    if (isWithinPair(text, place)) return { before: 0, clean: false };
    const anchor = lastBefore(this.anchors, place);
    const begin = anchor?.end ?? 0;
    if (begin < last.place && last.place < place && place - begin > FAR) {
      const onward = this.compare(text.slice(last.place, place), last.before);
      if (onward.clean) return onward;
    }
    // All that stands before gives the same, but takes longer.
    return this.compare((anchor?.text ?? '') + text.slice(begin, place), anchor?.index ?? 0);
  }

  /** Encodes a part of the text whose tokens begin at `first`. */
  private compare(part: string, first: number): Border {
    if ((this.room -= part.length) < 0) throw unclear(this.text);
    const prefix = this.encoder.encode(part);
    let same = 0;
    while (same < prefix.length && prefix[same] === this.ids[first + same]) same++;
    return { before: first + same, clean: same === prefix.length };
  }
}

/** The text that is encoded for a border without a look at the border before. */
const FAR = 1024;

function lastBefore(anchors: readonly Anchor[], place: number): Anchor | undefined {
  let [low, high] = [0, anchors.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (anchors[middle]!.end <= place) low = middle + 1;
    else high = middle;
  }
  return anchors[low - 1];
}

function unclear(text: string): AttuneError {
  return new AttuneError(
    'EXAMPLE_TOO_LONG',
    `The row's text has ${text.length} characters, and the tokens of its answers cannot be told from the others in reasonable time.`,
    { fix: 'Cut it into shorter rows.', data: { characters: text.length } },
  );
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

/** True if the place is between the two units of one character. */
function isWithinPair(text: string, place: number): boolean {
  return text.codePointAt(place - 1)! > 0xffff;
}
