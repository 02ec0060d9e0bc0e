import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../printing/printer.js';
import { runAttune } from '../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** A byte-level tokenizer whose first two tokens are BOS and EOS: all that the files of a small model hold. */
async function writeModel(path: string, special: readonly string[] = ['<s>', '</s>']): Promise<void> {
  await mkdir(path);
  const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).map((char) =>
    char === ' ' ? 'Ġ' : char,
  );
  const vocab = Object.fromEntries([...special, ...characters, 'Ċ'].map((token, id) => [token, id]));
  await writeFile(
    join(path, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      added_tokens: special.map((content, id) => ({
        id,
        content,
        special: true,
        ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
      })),
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: 'BPE', vocab, merges: [] },
    }),
  );
  await writeFile(
    join(path, 'tokenizer_config.json'),
    JSON.stringify({
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      eos_token: '</s>',
      add_bos_token: true,
    }),
  );
  await writeFile(join(path, 'config.json'), JSON.stringify({ model_type: 'gpt2', n_positions: 40 }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-inspect-'));
  await writeModel(at('model'));
  await writeFile(
    at('qa.jsonl'),
    jsonl([
      { prompt: '2+2=', completion: '4' },
      { prompt: '<b>', completion: ' \u001b[31m&' },
    ]),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const inspect = (data: string, ...args: string[]) => [
  ...['inspect', '--model', at('model'), '--data', at(data)],
  ...args,
];

interface JsonRow {
  readonly ids: number[];
  readonly lossMask: number[];
  readonly tokens: string[];
  readonly line: number;
}

const rowsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonRow);

test('--json gives the ids and the loss mask of every row, and the report to people', async () => {
  await writeFile(at('one.jsonl'), jsonl([{ prompt: '2+2=', completion: '4' }]));
  const { code, stdout, stderr } = await runAttune(inspect('one.jsonl', '--json'));
  expect(code).toBe(0);
  expect(rowsOf(stdout)).toEqual([
    {
      ...{ part: 'train', file: at('one.jsonl'), line: 1 },
      ids: [0, 20, 13, 20, 31, 22, 1],
      lossMask: [0, 0, 0, 0, 0, 1, 1],
      tokens: ['<s>', '2', '+', '2', '=', '4', '</s>'],
    },
  ]);
  expect(stderr).toContain('completion (prompt, completion)');
  expect(stderr).toContain('1 row, 7 tokens, 2 trained (28.6 %)');
});

test('conversations are written by a template, and the answers trained', async () => {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Yo', weight: 0.1 },
  ];
  await writeFile(at('chat.jsonl'), jsonl([{ messages }]));
  const args = inspect('chat.jsonl', '--template', 'plain', '--json');
  const [row] = rowsOf((await runAttune(args)).stdout);
  expect(row!.tokens.join('')).toBe('<s>User: Hi\nAssistant: Yo</s>\n');
  const trained = row!.tokens.filter((_, i) => row!.lossMask[i]! > 0).join('');
  expect(trained.trim()).toBe('Yo</s>');
  expect(new Set(row!.lossMask)).toEqual(new Set([0, 0.1]));
  const [all] = rowsOf((await runAttune([...args, '--train-on', 'all'])).stdout);
  expect(all!.lossMask).toEqual(all!.ids.map((_, i) => (i === 0 ? 0 : 1)));
  expect(await runAttune(inspect('chat.jsonl'))).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/NO_CHAT_TEMPLATE.*chat\.jsonl, line 1/),
  });
});

test('an answer may end with a token of the template, which the model itself does not end texts with', async () => {
  await writeModel(at('chatml'), ['<s>', '</s>', '<|im_start|>', '<|im_end|>']);
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Yo' },
  ];
  await writeFile(at('chatml.jsonl'), jsonl([{ messages }]));
  const args = ['inspect', '--model', at('chatml'), '--data', at('chatml.jsonl'), '--max-length', '40'];
  const { code, stdout } = await runAttune([...args, '--template', 'chatml']);
  expect(code).toBe(0);
  expect(stdout).toContain('<|im_end|>»');
  expect(stdout).not.toContain('no token that ends the answer');
});

test('on a terminal, rows are coloured; NO_COLOR and pipes get marks; data commands no terminal', async () => {
  const { stdout } = await runAttune(inspect('qa.jsonl'));
  expect(stdout).toContain('qa.jsonl, line 1 (train): 7 tokens, 2 trained\n<s>2+2=«4</s>»\n');
  expect(stdout).not.toContain('\u001b');
  const written: string[] = [];
  const terminal = { isTTY: true, write: (text: string) => written.push(text) > 0 } as unknown as Output;
  await runAttune(inspect('qa.jsonl', '--rows', '1'), { stdout: terminal });
  expect(written.join('')).toContain('\u001b[32m4</s>\u001b[39m');
  written.length = 0;
  await runAttune(inspect('qa.jsonl'), { stdout: terminal, env: { NO_COLOR: '1' } });
  expect(written.join('')).not.toContain('\u001b');
});

test('--html writes a page', async () => {
  const { code, stdout } = await runAttune(inspect('qa.jsonl', '--html', at('page.html')));
  expect({ code, stdout }).toEqual({ code: 0, stdout: `2 of 2 rows in ${at('page.html')}\n` });
  const page = await readFile(at('page.html'), 'utf8');
  expect(page).toContain('title="id 22, weight 1">4</span>');
  expect(page).not.toContain('<b>');
  expect(await runAttune(inspect('qa.jsonl', '--html', at('x.html'), '--json'))).toMatchObject({ code: 2 });
  expect(await runAttune(inspect('qa.jsonl', '--html', at('no', 'page.html')))).toMatchObject({ code: 3 });
});

test('--html writes over an earlier page, and over nothing else', async () => {
  const name = at('again.html');
  for (let n = 0; n < 2; n++)
    expect(await runAttune(inspect('qa.jsonl', '--html', name))).toMatchObject({ code: 0 });
  const mine = '<!doctype html><title>My page</title>';
  await writeFile(name, mine);
  await symlink(at('qa.jsonl'), at('link.html'));
  for (const file of [name, at('link.html'), folder]) {
    const { code, stderr } = await runAttune(inspect('qa.jsonl', '--html', file));
    expect(stderr).toMatch(/INVALID_CONFIG.*exists, and is not a page of attune inspect/);
    expect(code).toBe(2);
  }
  expect(await readFile(name, 'utf8')).toBe(mine);
});

test('what fine-tuning would refuse is reported, with file and line', async () => {
  const long = { prompt: 'a', completion: 'b'.repeat(60) };
  await writeFile(
    at('bad.jsonl'),
    jsonl([{ prompt: 'a', completion: 'b' }, long, { prompt: 'a', completion: 'b' }]),
  );
  const { code, stdout } = await runAttune(inspect('bad.jsonl'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/warning: .*bad\.jsonl, line 2: the row has 63 tokens, but at most 40 are allowed/);
  expect(stdout).toContain('1 row repeats an earlier one');
  const cut = await runAttune(inspect('bad.jsonl', '--on-overlength', 'truncate'));
  expect(cut.stdout).toContain('3 rows, 3 kept, 1 truncated, 0 dropped');
  const dropped = await runAttune(inspect('bad.jsonl', '--on-overlength', 'drop', '--max-length', '10'));
  expect(dropped.stdout).toContain('3 rows, 2 kept, 0 truncated, 1 dropped');
});

test('all rows are JSON, in order; fewer if asked', async () => {
  const many = Array.from({ length: 600 }, (_, i) => ({
    text: `number ${i}`,
    label: i % 2 === 0 ? 'even' : 'odd',
  }));
  await writeFile(at('many.jsonl'), jsonl(many));
  const rows = rowsOf((await runAttune(inspect('many.jsonl', '--json'))).stdout);
  expect(rows.map(({ line }) => line)).toEqual(many.map((_, i) => i + 1));
  expect(rows[7]).toMatchObject({ label: 'odd', lossMask: rows[7]!.ids.map(() => 0) });
  expect(rowsOf((await runAttune(inspect('many.jsonl', '--json', '--rows', '3'))).stdout)).toHaveLength(3);
  const shown = await runAttune(inspect('many.jsonl', '--rows', '1'));
  expect(shown.stdout).toContain('0 trained, label "even"\n<s>number 0\n');
  expect(shown.stdout).not.toContain('warning');
});

test('columns by other names, and a split', async () => {
  const rows = Array.from({ length: 10 }, (_, i) => ({ q: `${i}`, a: 'x', text: 'unused' }));
  await writeFile(at('named.jsonl'), jsonl(rows));
  const columns = ['--columns', 'prompt=q', 'completion=a'];
  const { stdout } = await runAttune(inspect('named.jsonl', ...columns, '--validation-fraction', '0.2'));
  expect(stdout).toContain('completion (prompt from "q", completion from "a"; not read: "text")');
  expect(stdout).toMatch(/^validation +2 rows/m);
});

describe('what cannot be inspected', () => {
  it.each<[string, string, string[], number, RegExp]>([
    [
      'malformed JSON',
      '{"text": "a"}\n{"text": }\n',
      [],
      4,
      /FILE_CORRUPT.*rows\.jsonl, line 2: .*column 10/,
    ],
    [
      'several formats',
      '{"text": "a"}\n{"prompt": "a", "completion": "b"}\n',
      [],
      4,
      /UNKNOWN_FORMAT.*line 2/,
    ],
    [
      'an unknown role',
      '{"messages": [{"role": "bot", "content": "a"}]}',
      [],
      4,
      /INVALID_EXAMPLE.*line 1.*"bot"/,
    ],
    [
      'an unknown template',
      '{"text": "a"}',
      ['--template', 'chatmk'],
      2,
      /INVALID_ARGUMENT.*Did you mean "chatml"/,
    ],
    ['a mapping that is none', '{"text": "a"}', ['--columns', 'text'], 2, /INVALID_CONFIG.*field=column/],
    [
      'longer rows than the model reads',
      '{"text": "a"}',
      ['--max-length', '41'],
      2,
      /INVALID_CONFIG.*at most 40/,
    ],
    ['nothing', '', [], 4, /FILE_EMPTY/],
    [
      'no row that can be trained',
      '{"text": "too long"}',
      ['--max-length', '2'],
      4,
      /EXAMPLE_TOO_LONG.*line 1/,
    ],
  ])('%s', async (_, rows, args, code, message) => {
    await writeFile(at('rows.jsonl'), rows);
    const finished = await runAttune(inspect('rows.jsonl', ...args));
    expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(code);
  });

  test('no tokenizer', async () => {
    await mkdir(at('bare'), { recursive: true });
    await writeFile(at('bare', 'config.json'), '{}');
    const { code, stderr } = await runAttune(['inspect', '--model', at('bare'), '--data', at('qa.jsonl')]);
    expect(stderr).toMatch(/FILE_NOT_FOUND.*has no tokenizer/);
    expect(code).toBe(4);
  });
});
