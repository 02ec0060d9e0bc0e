import { AttuneError } from '@attune/core';
import type { Message } from '../../examples/index.js';
import type { ChatTemplate } from '../template/chat-template.js';
import type { Rendering, TextSpan } from '../jinja/evaluate/rendering.js';
import { findTurns, type FindTurnsLimits } from './find-turns.js';
import { requestOf } from './probe-turns.js';
import type { SpecialTokens } from '../special-tokens/special-tokens.js';

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
  readonly limits?: FindTurnsLimits;
}

/**
 * Writes a conversation as text and finds the turns of weight above 0 in it, each with the token that ends it.
 *
 * Where the template marks them with `{% generation %}`, the marks say it. Otherwise other texts are put in their place,
 * and the renderings compared: see {@link findTurns}, which takes time that grows with the length of the conversation.
 * Templates that leave out earlier reasoning, trim answers, or write the system prompt into the first question are no
 * obstacle; if the answer is not in the text or lies at no certain place, that is an error.
 *
 * @param weights loss weight of each turn.
 * @throws AttuneError TEMPLATE_FAILED, TEMPLATE_UNSUPPORTED.
 */
export async function answerSpans(
  messages: readonly Message[],
  weights: readonly number[],
  options: AnswerOptions,
): Promise<ConversationText> {
  const { template, tools, variables, specialTokens, limits } = options;
  const trained = messages.flatMap((_, i) => (weights[i]! > 0 ? [i] : []));
  const conversation = { messages, template, specialTokens, tools, variables };
  const [whole] = await template.renderAll([requestOf(conversation, messages)]);
  const { text, marks } = succeeded(whole!);
  if (trained.length === 0) return { text, spans: [] };
  const byMarks = template.hasMarks && trained.every((i) => messages[i]!.role === 'assistant');
  if (byMarks && marks.length > 0) return { text, spans: markedSpans(messages, weights, marks, template) };

  const found = (await findTurns(conversation, text, trained, limits)).map((span, n) => {
    if (span) return { turn: trained[n]!, ...span };
    throw tooManyKinds(template, messages.length);
  });
  found.forEach((span, n) => {
    if (!span.problem && span.start >= (found[n - 1]?.end ?? 0) && span.end > span.start) return;
    throw unsupported(template, span.turn, span.problem ?? 'its place in the text is not certain');
  });
  const spans = found.map(({ turn, start, end }) => ({ start, end, weight: weights[turn]! }));
  return { text, spans };
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

function tooManyKinds(template: ChatTemplate, turns: number): AttuneError {
  return new AttuneError(
    'TEMPLATE_UNSUPPORTED',
    `The chat template (${template.name}) writes the ${turns} turns of the conversation in so many ways that finding its answers would take too long.`,
    {
      fix: 'Mark what is trained in the template with {% generation %} and {% endgeneration %}, or cut the conversation into shorter rows.',
      data: { turns, template: template.name },
    },
  );
}

function succeeded(rendering: Rendering | Error): Rendering {
  if (rendering instanceof Error) throw rendering;
  return rendering;
}
