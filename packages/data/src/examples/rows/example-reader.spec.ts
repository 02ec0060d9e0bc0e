import type { Example } from './example.js';
import { detectFormat, ExampleReader, type ExampleReaderOptions } from './example-reader.js';

type Value = Readonly<Record<string, unknown>>;

const row = (value: Value, line = 1) => ({ file: 'rows.jsonl', line, value });
const rowsOf = (values: readonly Value[]) => values.map((value, i) => row(value, i + 1));
const read = (value: Value, options?: ExampleReaderOptions): Example =>
  new ExampleReader(options).read(row(value)).example;
const detect = (values: readonly Value[], options?: ExampleReaderOptions) =>
  detectFormat(rowsOf(values), options);

const turns = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
];

describe('formats', () => {
  it('messages', () => {
    expect(read({ messages: turns })).toEqual({ kind: 'messages', messages: turns });
    const tools = [{ name: 'clock' }];
    const calling = [
      { role: 'user', content: 'Time?' },
      { role: 'assistant', content: null, tool_calls: [{}] },
    ];
    expect(read({ messages: calling, tools })).toEqual({
      kind: 'messages',
      messages: [calling[0], { role: 'assistant', content: '', tool_calls: [{}] }],
      tools,
    });
  });

  it('prompt and completion', () => {
    expect(read({ prompt: '2 + 2 =', completion: ' 4' })).toEqual({
      kind: 'completion',
      prompt: '2 + 2 =',
      completion: ' 4',
    });
  });

  it('text, and text with a label', () => {
    expect(read({ text: 'Once' })).toEqual({ kind: 'text', text: 'Once' });
    expect(read({ text: 'Once', label: 'good' })).toEqual({
      kind: 'classification',
      text: 'Once',
      label: 'good',
    });
    expect(read({ text: 'Once', label: [0.5, -1] })).toMatchObject({ label: [0.5, -1] });
    expect(read({ text: 'Once', label: true })).toMatchObject({ label: 'true' });
    expect(read({ text: 'Once', label: 'good' }, { format: 'text' })).toEqual({ kind: 'text', text: 'Once' });
  });

  it('Alpaca, as a conversation or as a prompt', () => {
    const alpaca = { instruction: 'Add.', input: '2, 2', output: '4' };
    expect(read(alpaca)).toEqual({
      kind: 'messages',
      messages: [
        { role: 'user', content: 'Add.\n\n2, 2' },
        { role: 'assistant', content: '4' },
      ],
    });
    expect(read({ ...alpaca, input: '', system: 'Be brief.' })).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief.' }, { content: 'Add.' }, { content: '4' }],
    });
    expect(read(alpaca, { alpaca: 'completion' })).toEqual({
      kind: 'completion',
      prompt: '### Instruction:\nAdd.\n\n### Input:\n2, 2\n\n### Response:\n',
      completion: '4',
    });
  });

  it('ShareGPT: its speakers become roles', () => {
    const conversations = [
      { from: 'system', value: 'Be brief.' },
      { from: 'human', value: 'Hi' },
      { from: 'gpt', value: 'Hello', weight: 0.5 },
    ];
    expect(read({ id: 7, conversations })).toEqual({
      kind: 'messages',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello', weight: 0.5 },
      ],
    });
    expect(read({ messages: conversations })).toMatchObject({ messages: [{ role: 'system' }, {}, {}] });
    expect(read({ conversations: turns })).toEqual({ kind: 'messages', messages: turns });
  });
});

describe('detection', () => {
  it('says what it found, which column is read as what, and what is left out', () => {
    expect(
      detect([
        { prompt: 'a', completion: 'b', id: 1 },
        { prompt: 'c', completion: 'd', source: 'x' },
      ]),
    ).toEqual({
      format: 'completion',
      columns: { prompt: 'prompt', completion: 'completion' },
      ignored: ['id', 'source'],
    });
    // An optional field that only a later row has.
    const alpaca = [
      { instruction: 'a', output: 'b' },
      { instruction: 'a', input: 'i', output: 'b' },
    ];
    expect(detect(alpaca)?.columns).toEqual({ instruction: 'instruction', output: 'output', input: 'input' });
    expect(detect([])).toBeUndefined();
  });

  it('takes columns by other names', () => {
    const columns = { prompt: 'question', completion: 'answer' };
    const options = { columns };
    expect(detect([{ question: 'a', answer: 'b', text: 'c' }], options)).toEqual({
      format: 'completion',
      columns,
      ignored: ['text'],
    });
    expect(read({ question: 'a', completion: 'b' }, { columns: { prompt: 'question' } })).toMatchObject({
      prompt: 'a',
      completion: 'b',
    });
    expect(() => read({ a: 'x' }, { columns: { promt: 'a' } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('Did you mean "prompt"?'),
      }),
    );
  });

  it('guesses nothing where a row could be two things', () => {
    expect(() => detect([{ prompt: 'a', completion: 'b', text: 'c' }])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_FORMAT',
        message: expect.stringMatching(/line 1: the row could be completion or text/),
      }),
    );
    expect(detect([{ prompt: 'a', completion: 'b', text: 'c' }], { format: 'text' })?.format).toBe('text');
    // A column of nulls is one that a table had and the row has not.
    expect(detect([{ prompt: 'a', completion: 'b', text: null }])?.format).toBe('completion');
  });

  it.each<[string, Record<string, unknown>, Parameters<typeof detect>[1], RegExp]>([
    [
      'a completion',
      { prompt: 'a', completion: null },
      {},
      /line 1: "completion" is null, which no row of completion may have/,
    ],
    [
      'a prompt',
      { prompt: null, completion: 'b', text: null },
      {},
      /"prompt" is null, which no row of completion/,
    ],
    ['a text', { text: null }, {}, /"text" is null, which no row of text/],
    ['turns', { messages: null }, {}, /"messages" is null, which no row of messages/],
    [
      'both',
      { instruction: null, output: null, input: 'x' },
      {},
      /"instruction" and "output" are null, which no row of alpaca/,
    ],
    [
      'a label',
      { text: 'a', label: null },
      { format: 'classification' },
      /"label" is null, which no row of classification/,
    ],
    ['a mapped column', { q: 'a', a: null }, { columns: { prompt: 'q', completion: 'a' } }, /"a" is null/],
  ])('says that %s is null, and not that the format is unknown', (_what, row, options, message) => {
    expect(() => detect([row], options)).toThrow(
      expect.objectContaining({ code: 'INVALID_EXAMPLE', message: expect.stringMatching(message) }),
    );
  });

  it('says of later rows, too, what is null', () => {
    const rows = [
      { prompt: 'a', completion: 'b' },
      { prompt: 'c', completion: null },
    ];
    expect(() => detect(rows)).toThrow(/line 2: "completion" is null, which no row of completion may have/);
    expect(() => read({ messages: [{ role: 'user', content: null }] })).toThrow(
      '"messages[0].content" must be text, but is null. Fill it in',
    );
    expect(() => read({ conversations: [{ from: 'human', value: null }] })).toThrow(
      '"conversations[0].value" must be text, but is null',
    );
  });

  it('knows the formats there are, and lists them', () => {
    expect(() => detect([{ question: 'a', answer: 'b' }])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_FORMAT',
        message: expect.stringMatching(
          /its columns: "question", "answer".*completion \(prompt, completion\)/,
        ),
      }),
    );
    expect(() => detect([{}])).toThrow('its columns: none');
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`${i}${'x'.repeat(200)}`, 1]));
    expect(() => detect([wide])).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,3000}$/) }),
    );
  });

  it('refuses a file of several formats, at the row that differs', () => {
    expect(() => detect([{ prompt: 'a', completion: 'b' }, { text: 'c' }])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_FORMAT',
        message: expect.stringMatching(
          /rows.jsonl, line 2: the row is text, but the rows before it are completion/,
        ),
      }),
    );
    expect(() => detect([{ messages: turns }, { conversations: [{ from: 'human', value: 'x' }] }])).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FORMAT' }),
    );
    expect(() => detect([{ prompt: 'a', completion: 'b' }, { prompt: 'a' }])).toThrow(
      expect.objectContaining({
        code: 'INVALID_EXAMPLE',
        message: expect.stringContaining('line 2: the row has no "completion"'),
      }),
    );
  });
});

describe('rows that are wrong are refused with file, line and column', () => {
  it.each<[string, Value, string]>([
    ['an unknown role', { messages: [{ role: 'sytem', content: '' }] }, '"messages[0].role" is "sytem", which is no role. Known: system, user, assistant, tool.'],
    ['an unknown speaker', { conversations: [{ from: 'alien', value: '' }] }, '"conversations[0].from" is "alien"'],
    ['a prototype as a speaker', { conversations: [{ from: '__proto__', value: '' }] }, 'which is no role'],
    ['a role that is missing', { messages: [{ content: 'x' }] }, '"messages[0].role" must be text, but is missing'],
    ['content that is missing', { messages: [{ role: 'user' }] }, '"messages[0].content" must be text, but is missing'],
    ['content in parts', { messages: [{ role: 'user', content: [{ type: 'image' }] }] }, 'is a list of 1'],
    ['no turn', { messages: [] }, '"messages" must be a list of turns, but is empty'],
    ['no turn of ShareGPT', { conversations: [] }, '"conversations" must be a list of turns, but is empty'],
    ['turns that are none', { messages: ['Hi'] }, '"messages[0]" must be an object, but is "Hi"'],
    ['turns as text', { messages: 'Hi' }, '"messages" must be a list of turns, but is "Hi"'],
    ['a negative weight', { messages: [{ role: 'user', content: '', weight: -1 }] }, '"messages[0].weight" must be a number of at least 0, but is -1'],
    ['an infinite weight', { messages: [{ role: 'user', content: '', weight: Infinity }] }, 'but is Infinity'],
    ['a prompt that is a number', { prompt: 5, completion: 'a' }, '"prompt" must be text, but is 5'],
    ['half a character', { text: 'a\ud800b' }, '"text" has half a character, \\ud800, at character 2'],
    ['a label that is none', { text: 'a', label: {} }, '"label" must be a class'],
    ['a label that is no number', { text: 'a', label: [1, Infinity] }, '"label" must be a class'],
  ])('%s', (_, value, message) => {
    expect(() => new ExampleReader().read(row(value, 9))).toThrow(
      expect.objectContaining({
        code: 'INVALID_EXAMPLE',
        message: expect.stringContaining(message),
        data: expect.objectContaining({ file: 'rows.jsonl', line: 9 }),
      }),
    );
  });
}); // prettier-ignore

test('keys of prototypes are keys like others, and are not inherited', () => {
  const value = JSON.parse(
    '{"messages": [{"role": "user", "content": "x", "__proto__": {"weight": 5}}], "__proto__": {"text": "y"}}',
  ) as Value;
  const example = read(value) as Extract<Example, { kind: 'messages' }>;
  expect(Object.getPrototypeOf(example.messages[0])).toBe(Object.prototype);
  expect(example.messages[0]!.weight).toBeUndefined();
  expect(({} as Record<string, unknown>)['text']).toBeUndefined();
  const inherited = JSON.parse('{"__proto__": {"text": "y"}}') as Value;
  expect(() => read(inherited)).toThrow(expect.objectContaining({ code: 'UNKNOWN_FORMAT' }));
  expect(() => read({ text: 'a' }, { columns: { text: 'toString' } })).toThrow('is not of any known format');
  expect(() => read({ text: 'a' }, { columns: { constructor: 'text' } })).toThrow('is not a field');
});
