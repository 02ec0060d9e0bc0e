import type { Message } from '../../examples/index.js';
import { readLandmarks, withMarks } from './landmarks.js';
import {
  probeTurns,
  RENDERINGS_A_TURN,
  requestOf,
  type Conversation,
  type FoundTurn,
} from './probe-turns.js';
import { movedTo, placeOf, type TurnPlace } from './similar-turns.js';

/** Limits to what is rendered to find turns, in characters of text (of a turn: {@link TURN_COST} more). */
export interface FindTurnsLimits {
  /** While no more than this was rendered, turns are probed in the conversation itself. */
  readonly inPlace: number;
  /** Turns that are not found within this are not looked for. */
  readonly altogether: number;
}

const LIMITS: FindTurnsLimits = { inPlace: 2 ** 22, altogether: 2 ** 25 };

/** The cost of a turn beside its text, in characters. */
const TURN_COST = 64;

/**
 * Finds turns in the text of a conversation, in time that grows with its length.
 *
 * Probing a turn takes six renderings of the conversation. So it is done once for all turns that the template writes
 * alike, which marks in the contents tell. Where there are many of these kinds, as with calls of tools, a turn is probed
 * in a short conversation of the turns around it, provided that the template writes it there as it does in the long one.
 *
 * @param text of the whole conversation.
 * @returns for each turn, where it is; `undefined` if that would take too many renderings.
 */
export async function findTurns(
  conversation: Conversation,
  text: string,
  turns: readonly number[],
  { inPlace, altogether }: FindTurnsLimits = LIMITS,
): Promise<(FoundTurn | undefined)[]> {
  const { messages } = conversation;
  const placeIn = await placesIn(conversation, text);
  const places = new Map(turns.map((turn) => [turn, placeIn(turn)] as const));
  const found = new Map<number, FoundTurn>();
  const kinds = new Map<string, number[]>();
  for (const [turn, place] of places) {
    const likeness = place?.likeness ?? `turn ${turn}`;
    if (!kinds.has(likeness)) kinds.set(likeness, []);
    kinds.get(likeness)!.push(turn);
  }

  let rendered = 0;
  const costOf = (length: number, count: number) => length + TURN_COST * count;
  const probeCost = RENDERINGS_A_TURN * costOf(text.length, messages.length);
  /** Probes the first of a kind, and places the others after it. Those that do not follow it are a kind of their own. */
  const probeInPlace = async (kind: readonly number[], limit: number): Promise<readonly number[]> => {
    let rest = kind;
    while (rest.length > 0 && rendered + probeCost <= limit) {
      rendered += probeCost;
      const [first, ...others] = rest as [number, ...number[]];
      const [probed] = await probeTurns(conversation, text, [first]);
      found.set(first, probed!);
      const from = places.get(first);
      rest = others.filter((turn) => {
        const moved = from && movedTo(probed!, from, places.get(turn)!, text, messages[turn]!);
        if (moved) found.set(turn, moved);
        return !moved;
      });
    }
    return rest;
  };
  const probeInShort = async (kind: readonly number[]): Promise<readonly number[]> => {
    const place = places.get(kind[0]!);
    if (!place) return kind;
    for (const { conversation: short, turn } of shortened(conversation, kind[0]!)) {
      const length = short.messages.reduce((sum, { content }) => sum + content.length, place.likeness.length);
      rendered += (2 + RENDERINGS_A_TURN) * costOf(length, short.messages.length);
      if (rendered > altogether) return kind;
      const [whole] = await short.template.renderAll([requestOf(short, short.messages)]);
      if (whole === undefined || whole instanceof Error) continue;
      const from = (await placesIn(short, whole.text))(turn);
      if (from?.likeness !== place.likeness) continue;
      const [probed] = await probeTurns(short, whole.text, [turn]);
      const moved = kind.map((other) => movedTo(probed!, from, places.get(other)!, text, messages[other]!));
      if (moved.includes(undefined)) continue;
      kind.forEach((other, i) => found.set(other, moved[i]!));
      return [];
    }
    return kind;
  };

  const left: (readonly number[])[] = [];
  for (const kind of kinds.values()) {
    const rest = await probeInPlace(kind, inPlace);
    const still = rest.length > 0 ? await probeInShort(rest) : [];
    if (still.length > 0) left.push(still);
  }
  for (const kind of left) await probeInPlace(kind, altogether);
  return turns.map((turn) => found.get(turn));
}

/** Tells how turns of a rendered conversation are written. */
async function placesIn(
  conversation: Conversation,
  text: string,
): Promise<(turn: number) => TurnPlace | undefined> {
  const { messages, template } = conversation;
  const marked = withMarks(messages, text);
  if (!marked) return () => undefined;
  const [rendering] = await template.renderAll([requestOf(conversation, marked.messages)]);
  if (rendering === undefined || rendering instanceof Error) return () => undefined;
  const landmarks = readLandmarks(rendering.text, text, marked.mark);
  return (turn) => landmarks && placeOf(messages, turn, landmarks, text);
}

/** Short conversations around a turn that templates may take: they begin with a question, with the system's turn or without. */
function shortened(
  conversation: Conversation,
  turn: number,
): { readonly conversation: Conversation; readonly turn: number }[] {
  const { messages } = conversation;
  let asked = turn - 1;
  while (asked > 0 && messages[asked]!.role !== 'user') asked--;
  if (asked < 0) return [];
  const from = Math.max(asked + 1, turn - TURNS_BEFORE);
  const around = [messages[asked]!, ...messages.slice(from, turn + 3)];
  const [system] = messages;
  const at = 1 + turn - from;
  const short = (turns: readonly Message[], place: number) => ({
    conversation: { ...conversation, messages: turns },
    turn: place,
  });
  return [
    ...(system!.role === 'system' && asked > 0 ? [short([system!, ...around], at + 1)] : []),
    short(around, at),
  ];
}

/** Turns that a short conversation has between the question and the turn. */
const TURNS_BEFORE = 4;
