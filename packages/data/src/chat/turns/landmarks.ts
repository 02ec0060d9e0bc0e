import type { Message } from '../../examples/index.js';

/** Where the contents of a conversation's turns stand in its text, as far as marks in them tell. */
export interface Landmarks {
  /** By turn: where its content begins, without leading white space. */
  readonly begins: ReadonlyMap<number, number>;
  /** By turn: where its content ends, without trailing white space. */
  readonly ends: ReadonlyMap<number, number>;
}

/** A conversation with marks in its contents. */
export interface MarkedConversation {
  readonly messages: readonly Message[];
  readonly mark: string;
}

/** A word that the text does not have. */
const MARK = 'markQ';

/**
 * The conversation with a numbered mark at the begin and at the end of what each turn says; turns that say nothing stay
 * as they are. White space around a content stays outside, since templates trim it, and thoughts stay before the first
 * mark, since templates leave them out.
 *
 * @returns `undefined` if the text has all words that could be marks.
 */
export function withMarks(messages: readonly Message[], text: string): MarkedConversation | undefined {
  let mark = MARK;
  while (text.includes(mark)) {
    mark += 'Q';
    if (mark.length > 2 * MARK.length) return undefined;
  }
  const marked = messages.map((message, i) => {
    const { content } = message;
    const end = content.trimEnd().length;
    const thoughts = content.lastIndexOf(END_OF_THOUGHTS);
    const said = thoughts < 0 ? 0 : thoughts + END_OF_THOUGHTS.length;
    const begin = content.length - content.slice(said).trimStart().length;
    if (begin >= end) return message;
    const body = `${mark}${i}b${content.slice(begin, end)}${mark}${i}e`;
    return { ...message, content: content.slice(0, begin) + body + content.slice(end) };
  });
  return { messages: marked, mark };
}

const END_OF_THOUGHTS = '</think>';

/**
 * Reads the marks of a rendered conversation.
 *
 * @param marked text of the conversation with marks.
 * @param text of the conversation without.
 * @returns `undefined` if the marks changed more than themselves.
 */
export function readLandmarks(marked: string, text: string, mark: string): Landmarks | undefined {
  const begins = new Map<number, number>();
  const ends = new Map<number, number>();
  const twice = new Set<number>();
  const parts: string[] = [];
  let [from, place] = [0, 0];
  for (const { 0: match, 1: number, 2: side, index } of marked.matchAll(
    new RegExp(`${mark}(\\d+)([be])`, 'g'),
  )) {
    parts.push(marked.slice(from, index));
    place += index - from;
    from = index + match.length;
    const places = side === 'b' ? begins : ends;
    const turn = Number(number);
    if (places.has(turn)) twice.add(turn);
    places.set(turn, place);
  }
  parts.push(marked.slice(from));
  if (parts.join('') !== text) return undefined;
  for (const turn of twice) {
    begins.delete(turn);
    ends.delete(turn);
  }
  return { begins, ends };
}
