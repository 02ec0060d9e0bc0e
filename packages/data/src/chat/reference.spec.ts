import { readFixture } from '../testing/fixture.js';
import type { TemplateFamily } from '../testing/template-family.js';
import { hfTokenizer } from '../tokenizers/index.js';
import type { Message } from '../examples/index.js';
import { encodeExample, inProcessChatTemplate, specialTokensOf } from './index.js';

interface Case {
  readonly name: string;
  readonly messages: readonly Message[];
  readonly tools?: unknown;
  readonly refused?: string;
  readonly text: string;
  readonly prompt: string | null;
  readonly ids: readonly number[];
  readonly trained: readonly (readonly [number, number])[] | null;
}

interface Family extends TemplateFamily {
  readonly marked: string;
  readonly cases: readonly Case[];
}

/** Thoughts, in a format whose prompt says that there are none: where they begin cannot be told without marks. */
const refused: Readonly<Record<string, readonly string[]>> = { qwen3_no_thoughts: ['thoughts', 'reasoning'] };

/** Spans [start, end) of tokens that carry loss. */
function spansOf(weights: Float32Array): number[][] {
  const spans: number[][] = [];
  weights.forEach((weight, i) => {
    if (weight === 0) return;
    if (spans.at(-1)?.[1] === i) spans.at(-1)![1] = i + 1;
    else spans.push([i, i + 1]);
  });
  return spans;
}

// Written with transformers: see tools/reference/chat_templates.py.
describe.each([
  'chatml',
  'chatml_without_prompt',
  'llama2',
  'llama3',
  'mistral',
  'qwen25',
  'qwen3',
  'qwen3_no_thoughts',
  'smollm',
  'gemma',
  'phi',
  'zephyr',
  'r1',
  'chatml_wordpiece',
  'chatml_unigram',
])('conversations in the format of %s', (family) => {
  // prettier-ignore
  async function setUp(marked: boolean) {
    const fixture = await readFixture<Family>(`chat_templates/${family}.json`);
    const json = await readFixture(`tiny_tokenizers/${fixture.tokenizer}/tokenizer.json`);
    const tokenizer = hfTokenizer(json, fixture.tokens);
    const specialTokens = specialTokensOf(tokenizer, { generationConfig: { eos_token_id: fixture.ends } });
    const templates = { default: marked ? fixture.marked : fixture.template };
    const template = inProcessChatTemplate({ name: family, templates }, specialTokens.names);
    return { ...fixture, tokenizer, specialTokens, template };
  }

  it('are the text of transformers', async () => {
    const { cases, template, variables } = await setUp(false);
    for (const { name, messages, tools, refused, text, prompt } of cases) {
      const rendering = template.render(messages, { tools, variables });
      if (refused !== undefined) {
        await expect(rendering).rejects.toThrow(refused);
        continue;
      }
      expect([name, await rendering]).toEqual([name, text]);
      if (prompt === null) continue;
      const prompted = await template.render(messages, { tools, variables, addGenerationPrompt: true });
      expect([name, prompted]).toEqual([name, text + prompt]);
    }
  });

  it.each([
    ['with', true],
    ['without', false],
  ])('have the ids and the mask of transformers, %s generation marks', async (_, marked) => {
    const { cases, ...options } = await setUp(marked);
    for (const { name, messages, tools, refused: byTemplate, ids, trained } of cases) {
      if (byTemplate !== undefined) continue;
      const encoding = encodeExample({ kind: 'messages', messages, tools }, options);
      if (!marked && refused[family]?.includes(name)) {
        await expect(encoding).rejects.toMatchObject({ code: 'TEMPLATE_UNSUPPORTED' });
        continue;
      }
      const encoded = await encoding;
      // transformers leaves it to the template to write the token that begins a text.
      const { bos, addBos } = options.specialTokens;
      const added = addBos && ids[0] !== bos ? 1 : 0;
      expect([name, [...encoded.ids].slice(added)]).toEqual([name, ids]);
      if (trained) expect([name, spansOf(encoded.weights.subarray(added))]).toEqual([name, trained]);
    }
  });
});
