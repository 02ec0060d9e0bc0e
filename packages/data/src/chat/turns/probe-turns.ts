import type { Message } from '../../examples/index.js';
import type { ChatTemplate, RenderRequest } from '../template/chat-template.js';
import type { TextSpan } from '../jinja/evaluate/rendering.js';
import { commonEnd, commonStart } from './common-text.js';
import type { SpecialTokens } from '../special-tokens/special-tokens.js';
import { turnEnd } from './turn-end.js';

/** A conversation as it is to be rendered. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly template: ChatTemplate;
  readonly specialTokens: SpecialTokens;
  readonly tools?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Where a turn is in the text of its conversation, or why that cannot be told. */
export type FoundTurn = TextSpan & { readonly problem?: string };

/** Most renderings that one turn takes. */
export const RENDERINGS_A_TURN = 6;

export function requestOf(
  { tools, variables }: Conversation,
  messages: readonly Message[],
  addGenerationPrompt = false,
): RenderRequest {
  return { messages, addGenerationPrompt, tools, variables };
}

/**
 * Finds turns in the text of a conversation, each by itself, by rendering the conversation with other texts in its place:
 *
 * - An answer begins where the text of the turns before it, with a generation prompt, ends: that is what the model will
 *   be given. If the template has no generation prompt, or writes these turns otherwise later on, two probes in place of
 *   the answer show where they begin to differ.
 * - It ends with the first end-of-turn token after the place where the two probes cease to differ. What else the template
 *   writes after it, such as a line end, belongs to no one; what the next turn begins with is distinguished by rendering
 *   the conversation without the next turn.
 *
 * Each answer that is found is checked against the text of the real conversation.
 *
 * @param text of the whole conversation.
 */
export async function probeTurns(
  conversation: Conversation,
  text: string,
  turns: readonly number[],
): Promise<FoundTurn[]> {
  const { messages, template, specialTokens } = conversation;
  const request = (of: readonly Message[], prompt = false) => requestOf(conversation, of, prompt);
  const probed = (of: readonly Message[], i: number) =>
    PROBES.map((probe) => request(replaced(of, i, probe)));
  const isLast = (i: number) => i === messages.length - 1;
  const views = (i: number) => [
    request(messages.slice(0, i), true),
    request(messages.slice(0, i)),
    ...probed(messages, i),
    ...(isLast(i) ? [] : probed(messages.slice(0, i + 1), i)),
  ];
  const parts = await template.renderAll(turns.flatMap(views));
  const texts = parts.map((rendering) => (rendering instanceof Error ? undefined : rendering.text));
  return turns.map((turn) => {
    const [prompt, before, a, b, ...cut] = texts.splice(0, isLast(turn) ? 4 : 6);
    const last = isLast(turn) ? [a, b] : cut;
    const seen: Views = { text, prompt, before, whole: [a, b], last: [last[0], last[1]] };
    return answerIn(seen, messages, turn, specialTokens);
  });
}

/** Stand in for an answer. Nothing that a template would treat in a special way, and different from the first to the last. */
const PROBES = ['alphaQ', 'quebecA'] as const;

/** Keys of a turn that are not said in its text. */
export const PLAIN_KEYS: ReadonlySet<string> = new Set(['role', 'content', 'name', 'weight']);

function stands(value: unknown, text: string): boolean {
  return typeof value === 'string' && value.trim() !== '' && text.includes(value.trim());
}

/** Renderings of one conversation that differ in one turn. */
interface Views {
  readonly text: string;
  /** The turns before, with and without a generation prompt. */
  readonly prompt: string | undefined;
  readonly before: string | undefined;
  /** The conversation with each probe as the turn. */
  readonly whole: readonly [string | undefined, string | undefined];
  /** The same without the turns after. */
  readonly last: readonly [string | undefined, string | undefined];
}

function answerIn(
  views: Views,
  messages: readonly Message[],
  turn: number,
  tokens: SpecialTokens,
): FoundTurn {
  const [previous, message, next] = [messages[turn - 1], messages[turn]!, messages[turn + 1]];
  const { text, prompt, before } = views;
  const problem = (what: string) => ({ problem: what, start: 0, end: 0 });
  const [a, b] = views.whole;
  if (a === undefined || b === undefined) return problem('it cannot be replaced by another text');
  if (a === b) return problem('it is not in the text');

  // Between nothing and what follows it, such as calls of tools, there may be no space.
  const says = message.content.trim() !== '' || text.endsWith(commonEnd(a, b));
  const own = (ending: string) => (says ? ending : ending.trimStart());
  const after = own(commonEnd(a, b));
  if (!text.endsWith(after)) return problem('what follows it depends on what it says');
  const contentEnd = text.length - after.length;

  let start = text.length;
  if (message.role === 'assistant' && prompt !== undefined && prompt !== before && text.startsWith(prompt)) {
    start = prompt.length;
  } else {
    const lead = commonStart(a, b);
    if (!text.startsWith(lead)) return problem('what stands before it depends on what it says');
    start = message.role === 'assistant' ? answerStart(lead, before, previous) : lead.length;
    const more = Object.entries(message).some(([key, value]) => !PLAIN_KEYS.has(key) && stands(value, lead));
    if (more && start === lead.length)
      return problem('more of it stands before its text, where no prompt ends');
  }
  if (!holds(text.slice(start, Math.max(start, contentEnd)), message.content)) {
    return problem('its text is not where other texts would be');
  }

  const from = Math.max(start, contentEnd);
  const [lastA, lastB] = views.last;
  const alone =
    lastA === undefined || lastB === undefined
      ? undefined
      : own(commonEnd(lastA, lastB)).slice(from - contentEnd);
  const length = turnEnd({ rest: text.slice(from), alone, next }, tokens);
  return length === undefined ? problem('nothing tells where it ends') : { start, end: from + length };
}

/**
 * Where an answer begins for which there is no generation prompt: after its header, or, where it has none, with the white
 * space before it, which is the model's to write: `[/INST] yes`.
 *
 * @param lead what stands before the answer's own text.
 * @param before the turns before, rendered alone.
 */
function answerStart(lead: string, before: string | undefined, previous: Message | undefined): number {
  if (before === undefined) return lead.length;
  const said = before.lastIndexOf(previous?.content.trim() ?? '');
  // From the previous turn on: what stands before that may be written otherwise once the conversation goes on.
  const ending = lead.startsWith(before) ? before : before.slice(said);
  const at = said < 0 ? -1 : lead.lastIndexOf(ending);
  const headerAt = at + ending.length;
  return at >= 0 && lead.slice(headerAt).trim() === '' ? headerAt : lead.length;
}

/** True if the text has at least the last line of what was said; templates may trim it and leave out reasoning. */
export function holds(text: string, content: string): boolean {
  const said = content.trim();
  return text.includes(said.slice(said.lastIndexOf('\n') + 1).trim());
}

function replaced(messages: readonly Message[], turn: number, content: string): Message[] {
  return messages.map((message, i) => (i === turn ? { ...message, content } : message));
}
