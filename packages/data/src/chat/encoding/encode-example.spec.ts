import type { Message } from '../../examples/index.js';
import { readFixture } from '../../testing/fixture.js';
import { gpt2Tokenizer, hfTokenizer, type Tokenizer } from '../../tokenizers/index.js';
import {
  answerEndIds,
  builtInTemplate,
  builtInTemplateNames,
  encodeExample,
  encodePrompt,
  inProcessChatTemplate,
  specialTokensOf,
  type EncodeExampleOptions,
} from '../index.js';

let byteLevel: unknown;
let sentencePiece: unknown;
beforeAll(async () => {
  byteLevel = await readFixture('tiny_tokenizers/byte_level/tokenizer.json');
  sentencePiece = await readFixture('tiny_tokenizers/metaspace_bpe/tokenizer.json');
});

const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

type Options = Partial<EncodeExampleOptions> & {
  readonly source?: string;
  readonly config?: object;
  readonly json?: unknown;
};

function optionsOf({
  source,
  config = { eos_token: '<|im_end|>' },
  json = byteLevel,
  ...more
}: Options = {}) {
  const tokenizer = hfTokenizer(json, config);
  const specialTokens = specialTokensOf(tokenizer);
  const sources = { name: 'test', templates: { default: source ?? CHATML } };
  return { tokenizer, specialTokens, template: inProcessChatTemplate(sources, specialTokens.names), ...more };
}

/** The text of the tokens that carry loss, with their weight where it is not 1. */
async function trained(messages: readonly Message[], options: Options = {}): Promise<string[]> {
  const all = optionsOf(options);
  const encoded = await encodeExample({ kind: 'messages', messages }, all);
  return trainedTexts(encoded, all.tokenizer);
}

function trainedTexts(
  { ids, weights }: { ids: Int32Array; weights: Float32Array },
  tokenizer: Tokenizer,
): string[] {
  const texts: string[] = [];
  for (let start = 0; start < ids.length;) {
    let end = start + 1;
    while (end < ids.length && weights[end] === weights[start]) end++;
    const text = tokenizer.decode(ids.subarray(start, end));
    if (weights[start]! > 0) texts.push(weights[start] === 1 ? text : `${weights[start]}: ${text}`);
    start = end;
  }
  return texts;
}

const talk: readonly Message[] = [
  { role: 'system', content: 'Be terse.' },
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
  { role: 'user', content: 'Bye' },
  { role: 'assistant', content: 'So long' },
];

describe('what is trained of a conversation', () => {
  it("is the assistant's turns, each with its end", async () => {
    expect(await trained(talk)).toEqual(['Hello<|im_end|>', 'So long<|im_end|>']);
  });

  it('is the last answer alone', async () => {
    expect(await trained(talk, { trainOn: 'completion' })).toEqual(['So long<|im_end|>']);
  });

  it('is everything but the first token, which nothing stands before', async () => {
    const all = optionsOf({ trainOn: 'all' });
    const { weights } = await encodeExample({ kind: 'messages', messages: talk }, all);
    expect([...weights]).toEqual([0, ...new Array<number>(weights.length - 1).fill(1)]);
  });

  it('has the weights of the turns, whoever speaks', async () => {
    const weights = [undefined, 0.5, 0, undefined, 2];
    const messages = talk.map((turn, i) => ({ ...turn, weight: weights[i] }));
    expect(await trained(messages)).toEqual(['0.5: Hi<|im_end|>', '2: So long<|im_end|>']);
    expect(await trained(messages, { trainOn: 'completion' })).toEqual(['2: So long<|im_end|>']);
  });

  it('has the weights of the turns where the template marks them', async () => {
    const source =
      "{% for m in messages %}{{ m.role }}:{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}{% endfor %}";
    const marked = source
      .replace('{% generation %}', "{% if m.role == 'assistant' %}{% generation %}")
      .replace('{% endgeneration %}', '{% endgeneration %}{% else %}{{ m.content }}{% endif %}');
    const weighted = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', weight: 0 },
      { role: 'assistant', content: 'c', weight: 3 },
    ];
    expect(await trained(weighted, { source: marked })).toEqual(['3: c<|im_end|>']);
    // Marks around what users say too: which mark is whose cannot be told.
    await expect(trained(weighted, { source })).rejects.toMatchObject({ code: 'TEMPLATE_UNSUPPORTED' });
  });

  it('is nothing where nobody answers', async () => {
    expect(await trained(talk.slice(0, 2))).toEqual([]);
  });

  it('ends with an end-of-sequence token even if the template writes none, and every time the same ids', async () => {
    const source = "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}";
    expect(await trained(talk, { source })).toEqual(['Hello\n', 'So long\n<|im_end|>']);
    const ids = ['assistant', 'completion', 'all'] as const;
    const rows = await Promise.all(
      ids.map((trainOn) =>
        encodeExample({ kind: 'messages', messages: talk }, optionsOf({ source, trainOn })),
      ),
    );
    for (const row of rows) expect([...row.ids]).toEqual([...rows[0]!.ids]);
  });

  it('ends with another token where another turn follows', async () => {
    const source =
      "{% for m in messages %}{{ '<|start_header_id|>' + m.role + '<|end_header_id|>' + m.content }}" +
      "{{ '<|im_end|>' if loop.last else '<|eot_id|>' }}{% endfor %}";
    expect(await trained(talk, { source })).toEqual(['Hello<|eot_id|>', 'So long<|im_end|>']);
  });

  it('ends with nothing where only the header of the next turn comes', async () => {
    const source =
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}" +
      "{{ '<|assistant|>' if add_generation_prompt else eos_token }}";
    expect(await trained(talk, { source })).toEqual(['Hello', 'So long<|im_end|>']);
  });

  it('has calls of tools, whether something is said or not', async () => {
    const source =
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}" +
      "{% for call in m.calls or [] %}{{ ('\n\n' if m.content and loop.first else '') + '<tool_call>' + call + '</tool_call>' }}{% endfor %}" +
      "{{ '<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' if add_generation_prompt }}";
    const calling = (content: string) => [
      talk[1]!,
      { role: 'assistant', content, calls: ['f(1)', 'g(2)'] },
      { role: 'tool', content: '3' },
      { role: 'assistant', content: 'It is 3' },
    ];
    const calls = '<tool_call>f(1)</tool_call>';
    const more = '<tool_call>g(2)</tool_call><|im_end|>';
    expect(await trained(calling(''), { source })).toEqual([calls + more, 'It is 3<|im_end|>']);
    expect(await trained(calling('So'), { source })).toEqual([`So\n\n${calls}${more}`, 'It is 3<|im_end|>']);
  });

  it('ends with a mark that is no special token', async () => {
    const source =
      "{% for m in messages %}{{ '## ' + m.role + '\n' + m.content + ' [END]\n\n' }}{% endfor %}";
    expect(await trained(talk, { source })).toEqual(['Hello [END]', 'So long [END]']);
  });
});

describe('a template that changes what was said', () => {
  it('may trim it and leave out its thoughts', async () => {
    const source = CHATML.replace('m.content', "m.content.split('</think>')[-1] | trim");
    const messages = [talk[1]!, { role: 'assistant', content: '<think>hm</think>\n yes \n' }];
    expect(await trained(messages, { source })).toEqual(['yes<|im_end|>']);
  });

  it.each([
    ['does not write it', CHATML.replace('m.content', "'…'"), 'it is not in the text'],
    [
      'writes something else',
      CHATML.replace('m.content', 'm.content | upper'),
      'its text is not where other texts would be',
    ],
    [
      'decides by it what comes before',
      "{% for m in messages %}{{ m.role ~ ('!' if m.content == 'Hello' else '?') ~ ' ' ~ m.content }}{% endfor %}",
      'what stands before it depends on what it says',
    ],
    [
      'decides by it what comes after',
      "{% for m in messages %}{{ m.content ~ ('!' if m.content == 'Hello' else '?') }}{% endfor %}",
      'what follows it depends on what it says',
    ],
  ])('is refused if it %s', async (_what, source, why) => {
    await expect(trained(talk, { source })).rejects.toMatchObject({
      code: 'TEMPLATE_UNSUPPORTED',
      message: expect.stringMatching(new RegExp(`^Turn 3 .*\\(test\\).*${why}`)),
    });
  });

  it('is refused if what the assistant thought stands where no prompt ends', async () => {
    const source =
      "{% for m in messages %}{{ m.role ~ ': ' ~ (m.thought or '') ~ m.content ~ eos_token }}{% endfor %}";
    const messages = [talk[1]!, { role: 'assistant', content: 'yes', thought: 'hm' }];
    await expect(trained(messages, { source })).rejects.toMatchObject({ code: 'TEMPLATE_UNSUPPORTED' });
  });
});

describe('a row', () => {
  const llama = { bos_token: '<s>', eos_token: '</s>' };
  const bos = (source: string) => optionsOf({ json: sentencePiece, config: llama, source });
  const body = '{% for m in messages %}{{ m.content + eos_token }}{% endfor %}';

  it.each([['{{ bos_token }}'], ['']])(
    'begins with exactly one beginning, whoever writes it: %j',
    async (begin) => {
      const options = bos(begin + body);
      const { ids, weights } = await encodeExample({ kind: 'messages', messages: talk }, options);
      expect([...ids].filter((id) => id === options.specialTokens.bos)).toHaveLength(1);
      expect([ids[0], weights[0]]).toEqual([options.specialTokens.bos, 0]);
    },
  );

  it('of a prompt and its completion trains the completion, with an end', async () => {
    const options = bos('');
    const { ids, weights } = await encodeExample(
      { kind: 'completion', prompt: 'Q: 6 * 7?\nA:', completion: ' 42' },
      options,
    );
    expect(options.tokenizer.decode(ids)).toBe('<s> Q: 6 * 7?\nA: 42</s>');
    expect(trainedTexts({ ids, weights }, options.tokenizer)).toEqual(['42</s>']);
    const whole = options.tokenizer.encode('Q: 6 * 7?\nA: 42');
    expect([...ids]).toEqual([options.specialTokens.bos, ...whole, options.specialTokens.eos]);
  });

  it('trains a token that reaches from the prompt into the completion', async () => {
    const options = optionsOf();
    const encoded = await encodeExample(
      { kind: 'completion', prompt: 'The ca', completion: 'pital' },
      options,
    );
    expect([...encoded.ids]).toEqual([...options.tokenizer.encode('The capital'), options.specialTokens.eos]);
    const [first] = trainedTexts(encoded, options.tokenizer);
    expect(first).toMatch(/^.*capital<\|im_end\|>$/);
  });

  it('of text is trained as a whole, with one beginning and one end', async () => {
    const options = bos('');
    const { bos: begin, eos } = options.specialTokens;
    const ids = [...options.tokenizer.encode('a cat')];
    for (const text of ['a cat', 'a cat</s>']) {
      const encoded = await encodeExample({ kind: 'text', text }, options);
      expect([...encoded.ids]).toEqual([begin, ...ids, eos]);
      expect([...encoded.weights]).toEqual([0, ...ids.map(() => 1), 1]);
    }
    expect([...(await encodeExample({ kind: 'text', text: '' }, options)).ids]).toEqual([begin, eos]);
  });

  it('to classify has neither end nor weights', async () => {
    const options = bos('');
    const encoded = await encodeExample({ kind: 'classification', text: 'a cat', label: 'cat' }, options);
    expect([...encoded.ids]).toEqual([options.specialTokens.bos, ...options.tokenizer.encode('a cat')]);
    expect(encoded.weights.every((weight) => weight === 0)).toBe(true);
  });

  it.each([
    [[], 'It has no turns'],
    [[{ role: '', content: 'a' }], 'Turn 1 has no role'],
    [
      [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: null },
      ],
      'Turn 2 has no text',
    ],
  ])('that is no conversation is refused: %j', async (messages, what) => {
    const encoding = encodeExample(
      { kind: 'messages', messages: messages as unknown as Message[] },
      optionsOf(),
    );
    await expect(encoding).rejects.toMatchObject({
      code: 'INVALID_EXAMPLE',
      message: expect.stringContaining(what),
    });
  });

  it('of messages needs a template', async () => {
    const { template: _, ...options } = optionsOf();
    const encoding = encodeExample({ kind: 'messages', messages: talk }, options);
    await expect(encoding).rejects.toMatchObject({
      code: 'NO_CHAT_TEMPLATE',
      message: expect.stringContaining('chatml, llama3 or plain'),
    });
  });
});

describe('a prompt', () => {
  it('is what stands before the answer that is trained', async () => {
    for (const name of builtInTemplateNames) {
      const options = optionsOf();
      const template = inProcessChatTemplate(
        builtInTemplate(name, options.specialTokens),
        options.specialTokens.names,
      );
      const prompt = await encodePrompt(talk.slice(0, 4), { ...options, template });
      const { ids, weights } = await encodeExample(
        { kind: 'messages', messages: talk },
        { ...options, template, trainOn: 'completion' },
      );
      expect([name, [...prompt]]).toEqual([name, [...ids.subarray(0, prompt.length)]]);
      expect([name, weights.indexOf(1)]).toEqual([name, prompt.length]);
    }
  });

  it('begins as rows do', async () => {
    const options = optionsOf({ json: sentencePiece, config: { bos_token: '<s>' } });
    expect([...(await encodePrompt('a cat', options))]).toEqual([
      options.specialTokens.bos,
      ...options.tokenizer.encode('a cat'),
    ]);
  });
});

describe('built-in templates', () => {
  const write = (name: string, config: object, tokens?: object) => {
    const options = optionsOf({ config });
    const specialTokens = { ...options.specialTokens, ...tokens };
    return inProcessChatTemplate(builtInTemplate(name, specialTokens), specialTokens.names).render(
      talk.slice(1, 3),
    );
  };

  it('use the tokens of the vocabulary where it has them', async () => {
    const config = { eos_token: '</s>' };
    expect(await write('chatml', config)).toBe(
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n',
    );
    expect(await write('chatml', config, { texts: new Map([['</s>', 2]]) })).toBe(
      '<|im_start|>user\nHi</s>\n<|im_start|>assistant\nHello</s>\n',
    );
    expect(await write('llama3', config)).toBe(
      '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>',
    );
    expect(await write('plain', { ...config, bos_token: '<s>', add_bos_token: true })).toBe(
      '<s>User: Hi\nAssistant: Hello</s>\n',
    );
  });

  it('are named in the error about another name', () => {
    const { specialTokens } = optionsOf();
    expect(() => builtInTemplate('chat-ml', specialTokens)).toThrow('Did you mean "chatml"?');
    expect(() => builtInTemplate('constructor', specialTokens)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it("work with GPT-2's vocabulary, in whose text no token is special", async () => {
    const tokenizer = await gpt2Tokenizer();
    const specialTokens = specialTokensOf(tokenizer);
    const template = inProcessChatTemplate(builtInTemplate('plain', specialTokens), specialTokens.names);
    const encoded = await encodeExample(
      { kind: 'messages', messages: talk.slice(1, 3) },
      { tokenizer, specialTokens, template },
    );
    expect(tokenizer.decode(encoded.ids)).toBe('User: Hi\nAssistant: Hello<|endoftext|>\n');
    expect(trainedTexts(encoded, tokenizer)).toEqual([' Hello<|endoftext|>']);
  });
});

describe('an answer is over', () => {
  it('at the tokens that end it in training, and at those of the model', async () => {
    const base = { config: { eos_token: '<|endoftext|>' } };
    const { texts } = optionsOf(base).specialTokens;
    const [eos, end] = [texts.get('<|endoftext|>'), texts.get('<|im_end|>')];
    expect(await answerEndIds(optionsOf(base))).toEqual([eos, end]);
    expect(await answerEndIds(optionsOf())).toEqual([end]);
    expect(await answerEndIds({ ...optionsOf(base), template: undefined })).toEqual([eos]);
    const faults: string[] = [];
    const refusing = optionsOf({ ...base, source: "{{ raise_exception('no') }}" });
    expect(await answerEndIds(refusing, ({ code }) => faults.push(code))).toEqual([eos]);
    expect(faults).toEqual(['TEMPLATE_FAILED']);
    expect(
      await answerEndIds(
        optionsOf({ ...base, source: '{% for m in messages %}{{ m.content }}{% endfor %}' }),
      ),
    ).toEqual([eos]);
  });
});
