import { Random } from '@attune/core';
import type { Message } from '../../examples/index.js';
import { readFixture } from '../../testing/fixture.js';
import type { TemplateFamily } from '../../testing/template-family.js';
import { hfTokenizer } from '../../tokenizers/index.js';
import type { ChatTemplate, RenderRequest } from '../template/chat-template.js';
import { findTurns, type FindTurnsLimits } from './find-turns.js';
import { inProcessChatTemplate, specialTokensOf } from '../index.js';
import { probeTurns, type Conversation } from './probe-turns.js';

async function setUp(family: string) {
  const {
    tokenizer: name,
    tokens,
    ends,
    template: source,
    variables,
  } = await readFixture<TemplateFamily>(`chat_templates/${family}.json`);
  const tokenizer = hfTokenizer(await readFixture(`tiny_tokenizers/${name}/tokenizer.json`), tokens);
  const specialTokens = specialTokensOf(tokenizer, { generationConfig: { eos_token_id: ends } });
  const sources = { name: family, templates: { default: source } };
  return { specialTokens, variables, template: inProcessChatTemplate(sources, specialTokens.names) };
}

const WORDS = ['yes', 'no', ' I am', '\n', ' ', '42', 'alphaQ', '<think>\nhm\n</think>\n\n', '</think>', '[/INST]',
  'assistant', 'é', '😀', 'model\n', '<|im_end|>', '<|im_start|>', '</s>', '<|eot_id|>', '<end_of_turn>']; // prettier-ignore

/** A conversation in which anything may be said, with calls of tools and thoughts. */
function conversationOf(random: Random): Message[] {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const chance = (parts: number) => random.integer(parts) === 0;
  const wild = chance(3);
  const says = () =>
    Array.from({ length: random.integer(5) + (wild ? 0 : 1) }, () =>
      pick(wild ? WORDS : WORDS.slice(0, 6)),
    ).join('');
  const usesTools = chance(3);
  const messages: Message[] = chance(3) ? [{ role: 'system', content: says() }] : [];
  let role = 'user';
  for (let turns = 1 + random.integer(16); turns > 0; turns--) {
    const calls = usesTools && role === 'assistant' && chance(2);
    const call = { type: 'function', function: { name: 'f', arguments: { x: random.integer(3) } } };
    messages.push({
      role,
      content: calls && chance(2) ? '' : says(),
      ...(calls && { tool_calls: [call] }),
    });
    role = calls ? 'tool' : role === 'assistant' ? 'user' : 'assistant';
  }
  return messages;
}

const families = ['chatml', 'chatml_without_prompt', 'llama2', 'llama3', 'mistral', 'qwen25', 'qwen3',
  'qwen3_no_thoughts', 'smollm', 'gemma', 'phi', 'zephyr', 'r1']; // prettier-ignore

describe.each(families)('turns in the format of %s', (family) => {
  it.each<[string, FindTurnsLimits | undefined]>([
    ['within the usual limits', undefined],
    ['in short conversations', { inPlace: 0, altogether: 2 ** 25 }],
  ])('are found where each by itself would be, %s', async (_, limits) => {
    const options = await setUp(family);
    const random = new Random(11);
    let found = 0;
    for (let n = 0; n < 30; n++) {
      const messages = conversationOf(random);
      const conversation: Conversation = { messages, ...options };
      const text = await options.template.render(messages, options).catch(() => undefined);
      if (text === undefined) continue;
      const turns = messages.flatMap(({ role }, i) => (role === 'assistant' ? [i] : []));
      const expected = await probeTurns(conversation, text, turns);
      expect([messages, await findTurns(conversation, text, turns, limits)]).toEqual([messages, expected]);
      found += expected.filter(({ problem }) => problem === undefined).length;
    }
    expect(found).toBeGreaterThan(10);
  });
});

/** Counts the turns that are rendered. */
function counting(template: ChatTemplate) {
  const counts = { turns: 0 };
  const renderAll = (requests: readonly RenderRequest[]) => {
    for (const { messages } of requests) counts.turns += messages.length;
    return template.renderAll(requests);
  };
  return { counts, template: { ...template, renderAll } };
}

describe('a conversation of many turns', () => {
  const question = (i: number): Message => ({ role: 'user', content: `question ${i}` });
  const answer = (i: number): Message => ({ role: 'assistant', content: `answer ${i}` });
  const call = (i: number): Message => ({
    role: 'assistant',
    content: '',
    tool_calls: [{ type: 'function', function: { name: 'f', arguments: { x: i } } }],
  });
  const result = (i: number): Message => ({ role: 'tool', content: `result ${i}` });
  const rendered = async (family: string, messages: readonly Message[]) => {
    const options = await setUp(family);
    const { counts, template } = counting(options.template);
    const conversation = { messages, ...options, template };
    const text = await options.template.render(messages);
    const turns = messages.flatMap(({ role }, i) => (role === 'assistant' ? [i] : []));
    return { text, messages, turns, found: await findTurns(conversation, text, turns), counts };
  };

  it.each(['chatml', 'llama2', 'llama3', 'mistral', 'qwen3'])(
    'takes as many renderings as one of few: %s',
    async (family) => {
      const pairs = Array.from({ length: 1000 }, (_, i) => [question(i), answer(i)]).flat();
      const { text, messages, turns, found, counts } = await rendered(family, pairs);
      expect(counts.turns).toBeLessThan(50 * messages.length);
      found.forEach((span, n) => {
        expect(text.slice(span!.start, span!.end)).toContain(messages[turns[n]!]!.content);
      });
    },
  );

  it('is linear too where the template writes each turn in another way', async () => {
    const steps = Array.from({ length: 1000 }, (_, i) => [call(i), result(i)]).flat();
    const { text, found, counts, messages } = await rendered('qwen25', [question(0), ...steps, answer(0)]);
    expect(counts.turns).toBeLessThan(100 * messages.length);
    expect(found).toHaveLength(1001);
    found.slice(0, -1).forEach((span, i) => {
      expect(text.slice(span!.start, span!.end)).toMatch(new RegExp(`^\\S*<tool_call>.*"x": ${i}\\}`, 's'));
    });
  });
});
