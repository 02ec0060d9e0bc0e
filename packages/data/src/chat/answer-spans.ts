import { AttuneError } from '@attune/core';
import type { Message } from '../examples/index.js';
import type { ChatTemplate, Rendering, RenderRequest, TextSpan } from './chat-template.js';
import { commonEnd, commonStart } from './common-text.js';
import type { SpecialTokens } from './special-tokens.js';
import { turnEnd } from './turn-end.js';

/** A part of a text, and the loss weight of its tokens. */
export interface WeightedSpan extends TextSpan {
  readonly weight: number;
}

/** A conversation as text, and what of it is trained. */
export interface ConversationText {
  readonly text: string;
  readonly spans: readonly WeightedSpan[];
}

export interface AnswerOptions {
  readonly template: ChatTemplate;
  readonly specialTokens: SpecialTokens;
  readonly tools?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/**
 * Writes a conversation as text and finds the turns of weight above 0 in it, each with the token that ends it.
 *
 * Where the template marks them with `{% generation %}`, the marks say it. Otherwise renderings are compared:
 *
 * - An answer begins where the text of the turns before it, with a generation prompt, ends: that is what the model will
 *   be given. If the template has no generation prompt, or writes these turns otherwise later on, two probes in place of
 *   the answer show where they begin to differ.
 * - It ends with the first end-of-turn token after the place where the two probes cease to differ. What else the template
 *   writes after it, such as a line end, belongs to no one; what the next turn begins with is told apart by rendering
 *   the conversation without the next turn.
 *
 * What is found is checked against the text of the real conversation. Templates that leave out earlier reasoning, trim
 * answers, or write the system prompt into the first question are no obstacle; if the answer is not in the text or lies
 * at no certain place, that is an error.
 *
 * @param weights loss weight of each turn.
 * @throws AttuneError TEMPLATE_FAILED, TEMPLATE_UNSUPPORTED.
 */
export async function answerSpans(
  messages: readonly Message[],
  weights: readonly number[],
  options: AnswerOptions,
): Promise<ConversationText> {
  const { template, tools, variables } = options;
  const trained = messages.flatMap((_, i) => (weights[i]! > 0 ? [i] : []));
  const request = (turns: readonly Message[], addGenerationPrompt = false): RenderRequest => ({
    messages: turns,
    addGenerationPrompt,
    tools,
    variables,
  });

  const byMarks = template.hasMarks && trained.every((i) => messages[i]!.role === 'assistant');
  if (byMarks || trained.length === 0) {
    const [whole] = await template.renderAll([request(messages)]);
    const { text, marks } = succeeded(whole!);
    if (trained.length === 0) return { text, spans: [] };
    if (marks.length > 0) return { text, spans: markedSpans(messages, weights, marks, template) };
  }

  const probed = (turns: readonly Message[], i: number) =>
    PROBES.map((probe) => request(replaced(turns, i, probe)));
  const isLast = (i: number) => i === messages.length - 1;
  const views = (i: number) => [
    request(messages.slice(0, i), true),
    request(messages.slice(0, i)),
    ...probed(messages, i),
    ...(isLast(i) ? [] : probed(messages.slice(0, i + 1), i)),
  ];
  const [whole, ...parts] = await template.renderAll([request(messages), ...trained.flatMap(views)]);
  const { text } = succeeded(whole!);
  const texts = parts.map((rendering) => (rendering instanceof Error ? undefined : rendering.text));
  const found = trained.map((turn) => {
    const [prompt, before, a, b, ...cut] = texts.splice(0, isLast(turn) ? 4 : 6);
    const last = isLast(turn) ? [a, b] : cut;
    const seen: Views = { text, prompt, before, whole: [a, b], last: [last[0], last[1]] };
    return { turn, ...answerIn(seen, messages, turn, options.specialTokens) };
  });
  found.forEach((span, n) => {
    if (!span.problem && span.start >= (found[n - 1]?.end ?? 0) && span.end > span.start) return;
    throw unsupported(template, span.turn, span.problem ?? 'its place in the text is not certain');
  });
  const spans = found.map(({ turn, start, end }) => ({ start, end, weight: weights[turn]! }));
  return { text, spans };
}

/** Stand in for an answer. Nothing that a template would treat in a special way, and different from the first to the last. */
const PROBES = ['alphaQ', 'quebecA'] as const;

/** What a turn has that is not itself said. */
const PLAIN_KEYS: ReadonlySet<string> = new Set(['role', 'content', 'name', 'weight']);

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

type Found = TextSpan & { readonly problem?: string };

function answerIn(views: Views, messages: readonly Message[], turn: number, tokens: SpecialTokens): Found {
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

/** Whether the text has at least the last line of what was said; templates may trim it and leave out reasoning. */
function holds(text: string, content: string): boolean {
  const said = content.trim();
  return text.includes(said.slice(said.lastIndexOf('\n') + 1).trim());
}

function markedSpans(
  messages: readonly Message[],
  weights: readonly number[],
  marks: readonly TextSpan[],
  template: ChatTemplate,
): WeightedSpan[] {
  const answers = messages.flatMap(({ role }, i) => (role === 'assistant' ? [weights[i]!] : []));
  if (answers.length === marks.length) {
    return marks.flatMap((mark, n) => (answers[n]! > 0 ? [{ ...mark, weight: answers[n]! }] : []));
  }
  const [weight] = answers;
  if (answers.every((other) => other === weight)) return marks.map((mark) => ({ ...mark, weight: weight! }));
  throw new AttuneError(
    'TEMPLATE_UNSUPPORTED',
    `The chat template (${template.name}) marks ${marks.length} parts of ${answers.length} answers, which have different weights.`,
    {
      fix: 'Give all answers of a conversation the same weight, or use a template that marks each answer once.',
    },
  );
}

function unsupported(template: ChatTemplate, turn: number, why: string): AttuneError {
  return new AttuneError(
    'TEMPLATE_UNSUPPORTED',
    `Turn ${turn + 1} of the conversation cannot be told from the rest of what the chat template (${template.name}) writes: ${why}.`,
    {
      fix: 'Mark what is trained in the template with {% generation %} and {% endgeneration %}, or give this turn the weight 0.',
      data: { turn, template: template.name },
    },
  );
}

function succeeded(rendering: Rendering | Error): Rendering {
  if (rendering instanceof Error) throw rendering;
  return rendering;
}

function replaced(messages: readonly Message[], turn: number, content: string): Message[] {
  return messages.map((message, i) => (i === turn ? { ...message, content } : message));
}
