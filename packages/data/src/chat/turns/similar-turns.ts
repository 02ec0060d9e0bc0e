import type { Message } from '../../examples/index.js';
import type { Landmarks } from './landmarks.js';
import { holds, PLAIN_KEYS, type FoundTurn } from './probe-turns.js';

/** Places around a turn, from which its own begin and end are counted. */
export interface TurnPlace {
  /** Equal for turns that the template writes in the same way: only what they say may differ. */
  readonly likeness: string;
  /** The text between these two is the turn's, and what the template writes around it. */
  readonly left: number;
  readonly right: number;
  /** The begin of the answer is counted from here, */
  readonly begin: number;
  /** and its end from here. */
  readonly end: number;
}

/**
 * How the template writes a turn: all text between what the turns around it say and what it says itself.
 *
 * @returns `undefined` if the marks do not tell.
 */
export function placeOf(
  messages: readonly Message[],
  turn: number,
  { begins, ends }: Landmarks,
  text: string,
): TurnPlace | undefined {
  const { content, role: _role, ...more } = messages[turn]!;
  let before = turn - 1;
  while (before >= 0 && !ends.has(before)) before--;
  let after = turn + 1;
  while (after < messages.length && !begins.has(after)) after++;
  if (turn - before > FURTHEST || after - turn > FURTHEST) return undefined;
  const left = ends.get(before) ?? 0;
  const right = begins.get(after) ?? text.length;
  const saysNothing = content.trim() === '';
  const begin = saysNothing ? left : begins.get(turn);
  const end = saysNothing ? left : ends.get(turn);
  if (begin === undefined || end === undefined) return undefined;
  if (left > begin || begin > end || end > right) return undefined;
  const likeness = JSON.stringify([
    messages.slice(Math.max(0, before), after + 1).map(({ role }) => role),
    turn - before,
    before < 0,
    saysNothing ? [] : [content.length - content.trimStart().length, content.slice(content.trimEnd().length)],
    text.slice(left, begin),
    text.slice(end, right),
    Object.entries(more).filter(([key]) => !PLAIN_KEYS.has(key)),
  ]);
  return { likeness, left, right, begin, end };
}

/** Turns without text that may stand between a turn and the next text. */
const FURTHEST = 8;

/**
 * A turn at `to`, if it lies there as the found one does at `from`.
 *
 * @param text that has it.
 * @returns `undefined` if the found one reaches further than what was compared, or if this one's text is not there.
 */
export function movedTo(
  found: FoundTurn,
  from: TurnPlace,
  to: TurnPlace,
  text: string,
  { content }: Message,
): FoundTurn | undefined {
  if (found.problem !== undefined) return found;
  if (found.start < from.left || found.end > from.right) return undefined;
  const start = found.start - from.begin + to.begin;
  return holds(text.slice(start, Math.max(start, to.end)), content)
    ? { start, end: found.end - from.end + to.end }
    : undefined;
}
