import { AttuneError } from '@attune/core';
import { checkRowLimits } from '../../examples/encoding/example-length.js';
import type { EncodedExample, Example, Message } from '../../examples/index.js';
import type { Tokenizer } from '../../tokenizers/index.js';
import { answerSpans, type WeightedSpan } from '../turns/answer-spans.js';
import type { ChatTemplate } from '../template/chat-template.js';
import { textEncoder } from './encode-text.js';
import type { SpecialTokens } from '../special-tokens/special-tokens.js';
import { tokenSpans } from './token-spans.js';

/** The parts of a row that can carry loss: the assistant's turns, the last answer alone, or everything. */
export const trainOnChoices = ['assistant', 'completion', 'all'] as const;

/** One of {@link trainOnChoices}. */
export type TrainOn = (typeof trainOnChoices)[number];

export interface EncodeOptions {
  readonly tokenizer: Tokenizer;
  readonly specialTokens: SpecialTokens;
  /** Writes conversations as text. Rows without messages need none. */
  readonly template?: ChatTemplate;
  /** Variables for the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface EncodeExampleOptions extends EncodeOptions {
  /** Default `assistant`. Rows that are mere text are trained on as a whole. */
  readonly trainOn?: TrainOn;
}

/**
 * A row as tokens, each with its loss weight.
 *
 * - The text is encoded as a whole, as transformers does; a token that reaches into an answer belongs to it.
 * - It begins with exactly one beginning-of-sequence token if the tokenizer adds one, whether the template writes it or
 *   not; it is never trained.
 * - Every answer ends in a token that is trained with it: the template's own, or the end-of-sequence token, which is
 *   appended to text, to completions, and to the last answer of a template that writes nothing after it.
 * - A turn's `weight` is that of its tokens; by default 1 for the assistant's, and 0 for others.
 *
 * A classification's text is encoded without an end and without weights: its target is its label.
 *
 * @throws AttuneError NO_CHAT_TEMPLATE, TEMPLATE_FAILED, TEMPLATE_UNSUPPORTED, INVALID_EXAMPLE; EXAMPLE_TOO_LONG if the
 * row exceeds {@link rowLimits}.
 */
export async function encodeExample(
  example: Example,
  options: EncodeExampleOptions,
): Promise<EncodedExample> {
  checkRowLimits(example);
  switch (example.kind) {
    case 'messages':
      return encodeMessages(example.messages, example.tools, options);
    case 'completion': {
      const { prompt, completion } = example;
      const start = options.trainOn === 'all' ? 0 : prompt.length;
      const text = prompt + completion;
      return encodeText(text, [{ start, end: text.length, weight: 1 }], 1, options);
    }
    case 'text':
      return encodeText(example.text, [{ start: 0, end: example.text.length, weight: 1 }], 1, options);
    case 'classification':
      return encodeText(example.text, [], undefined, options);
  }
}

/**
 * The tokens an answer is generated after: a conversation with the generation prompt, or a text. They are those that
 * {@link encodeExample} trains on, so that a model is asked as it was taught.
 *
 * @throws AttuneError NO_CHAT_TEMPLATE, TEMPLATE_FAILED, INVALID_EXAMPLE; EXAMPLE_TOO_LONG if it exceeds {@link rowLimits}.
 */
export async function encodePrompt(
  prompt: string | readonly Message[],
  options: EncodeOptions & { readonly tools?: unknown },
): Promise<Int32Array> {
  checkRowLimits(
    typeof prompt === 'string'
      ? { kind: 'text', text: prompt }
      : { kind: 'messages', messages: prompt, tools: options.tools },
  );
  if (typeof prompt === 'string') return encodeText(prompt, [], undefined, options).ids;
  checkMessages(prompt);
  const { tools, variables } = options;
  const text = await templateOf(options).render(prompt, { addGenerationPrompt: true, tools, variables });
  return encodeText(text, [], undefined, options).ids;
}

async function encodeMessages(
  messages: readonly Message[],
  tools: unknown,
  options: EncodeExampleOptions,
): Promise<EncodedExample> {
  checkMessages(messages);
  const { trainOn = 'assistant', specialTokens, variables } = options;
  const template = templateOf(options);
  const weights = turnWeights(messages, trainOn);
  const { text, spans } = await answerSpans(messages, weights, { template, specialTokens, tools, variables });
  const all = trainOn === 'all' && [{ start: 0, end: text.length, weight: 1 }];
  const end = endsOpen(text, messages) ? (all ? 1 : weights.at(-1)) : undefined;
  return encodeText(text, all || spans, end, options);
}

function turnWeights(messages: readonly Message[], trainOn: TrainOn): number[] {
  const last = messages.map(({ role }) => role).lastIndexOf('assistant');
  return messages.map(({ role, weight }, i) => {
    switch (trainOn) {
      case 'assistant':
        return weight ?? (role === 'assistant' ? 1 : 0);
      case 'completion':
        return i === last ? (weight ?? 1) : 0;
      case 'all':
        return 0;
    }
  });
}

/** True if the template writes nothing after the last answer that a model could learn to stop at. */
function endsOpen(text: string, messages: readonly Message[]): boolean {
  const { role, content } = messages.at(-1)!;
  return role === 'assistant' && content.trim() !== '' && text.trimEnd().endsWith(content.trim());
}

/** @param end weight of the end-of-sequence token, which is appended unless the text ends in one. */
function encodeText(
  text: string,
  spans: readonly WeightedSpan[],
  end: number | undefined,
  { tokenizer, specialTokens }: EncodeOptions,
): EncodedExample {
  const { bos, eos, eosIds, addBos } = specialTokens;
  const encoder = textEncoder(tokenizer, specialTokens);
  const body = encoder.encode(text);
  const begin = addBos && bos !== undefined && body[0] !== bos ? [bos] : [];
  const close =
    end !== undefined && eos !== undefined && !eosIds.includes(body[body.length - 1]!) ? [eos] : [];
  const ids = new Int32Array(begin.length + body.length + close.length);
  ids.set(begin);
  ids.set(body, begin.length);
  ids.set(close, begin.length + body.length);

  const weights = new Float32Array(ids.length);
  tokenSpans(encoder, text, body, spans).forEach(({ start, end: stop }, i) => {
    for (let token = start; token < stop; token++) {
      const at = token + begin.length;
      weights[at] = Math.max(weights[at]!, spans[i]!.weight);
    }
  });
  if (close.length > 0) weights[ids.length - 1] = end!;
  // Nothing stands before the first token to tell it from. A template's own beginning is no answer either.
  if (ids.length > 0) weights[0] = 0;
  return { ids, weights };
}

function templateOf({ template }: EncodeOptions): ChatTemplate {
  if (template) return template;
  throw new AttuneError(
    'NO_CHAT_TEMPLATE',
    'The data are conversations, but the model has no chat template to write them with.',
    {
      fix: 'Choose one by name, chatml, llama3 or plain, or by the path of a Jinja file.',
    },
  );
}

function checkMessages(messages: readonly Message[]): void {
  const problem =
    messages.length === 0
      ? 'It has no turns'
      : messages
          .map(({ role, content }, i) => {
            if (typeof role !== 'string' || role === '') return `Turn ${i + 1} has no role`;
            return typeof content === 'string' ? undefined : `Turn ${i + 1} has no text as its content`;
          })
          .find((text) => text !== undefined);
  if (problem === undefined) return;
  throw new AttuneError('INVALID_EXAMPLE', `The conversation cannot be encoded. ${problem}.`, {
    fix: 'Each turn has a "role" and a "content".',
  });
}
