import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-prompts-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--max-iters', '1']);
  await writeFile(at('prompts.txt'), 'the cat\r\n\nthe dog sat on\na\n');
  await writeFile(at('prompts.jsonl'), '{"prompt": "the\\ncat", "id": 7}\n\n{"prompt": ""}\n');
});
afterAll(() => rm(folder, { recursive: true }));

const generating = (...args: string[]) =>
  runAttune(['generate', '--model', at('run'), '--backend', 'reference', '--max-new-tokens', '9', ...args]);
const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('each prompt of a file becomes what it becomes alone, in the order of the file', async () => {
  const alone = [];
  for (const prompt of ['the cat', 'the dog sat on', 'a']) {
    alone.push(...linesOf((await generating('--json', '--num-samples', '2', '--prompt', prompt)).stdout));
  }
  const file = ['--json', '--num-samples', '2', '--prompts', at('prompts.txt')];
  for (const batchSize of ['1', '4', '64']) {
    const { stdout } = await generating(...file, '--batch-size', batchSize);
    expect(linesOf(stdout)).toEqual(alone);
  }
  expect(new Set(alone.map(({ text }) => text)).size).toBeGreaterThan(3);
});

test('stop texts end each text on its own', async () => {
  const stops = ['--stop', 't', 'a', 'e', 'o', ' '];
  const args = ['--json', '--prompts', at('prompts.txt'), ...stops];
  const texts = linesOf((await generating(...args)).stdout);
  expect(texts.map(({ finishReason }) => finishReason)).toContain('stop');
  for (const { text } of texts) expect(text).not.toMatch(/[taeo ]/);
  for (const [i, prompt] of ['the cat', 'the dog sat on', 'a'].entries()) {
    const alone = await generating('--json', '--prompt', prompt, ...stops);
    expect(linesOf(alone.stdout)).toEqual([texts[i]]);
  }
});

test('for people, texts stand one below the other', async () => {
  const { stdout } = await generating('--prompts', at('prompts.txt'));
  const texts = stdout.split('\n\n---------------\n');
  expect(texts).toHaveLength(3);
  expect(texts.map((text) => text.slice(0, 7))).toEqual(['the cat', 'the dog', expect.stringMatching(/^a/)]);
});

test('of a .jsonl file, the prompts are under "prompt": they may have line ends, or be empty', async () => {
  const { stdout } = await generating('--json', '--prompts', at('prompts.jsonl'));
  expect(linesOf(stdout).map(({ prompt }) => prompt)).toEqual(['the\ncat', '']);
  expect(linesOf(stdout)[1]).toEqual(linesOf((await generating('--json')).stdout)[0]);
});

test.each<[string, string, string | Uint8Array, number, RegExp]>([
  ['no file', 'none.txt', '', 4, /FILE_NOT_FOUND.*none\.txt/],
  ['a file of blank lines', 'blank.txt', ' \n\n', 4, /FILE_EMPTY.*no prompt/],
  ['other bytes than text', 'latin.txt', Uint8Array.of(0x61, 0xe9), 4, /FILE_CORRUPT.*UTF-8/],
  ['an unknown character', 'greek.txt', 'the cat\nΩ\n', 2, /INVALID_ARGUMENT.*greek\.txt, line 2: .*Ω/],
  ['a row without a prompt', 'row.jsonl', '{"text": "a"}\n', 4, /INVALID_EXAMPLE.*line 1.*"prompt"/],
  ['a row that is no JSON', 'bad.jsonl', '{"prompt": "a"}\n{', 4, /FILE_CORRUPT.*bad\.jsonl.*line 2/],
])('%s is refused', async (_, name, content, code, message) => {
  if (content.length > 0) await writeFile(at(name), content);
  const finished = await generating('--prompts', at(name));
  expect(finished.stderr).toMatch(message);
  expect(finished.code).toBe(code);
});

test('a prompt and a file of prompts at once are refused', async () => {
  const { code, stderr } = await generating('--prompt', 'a', '--prompts', at('prompts.txt'));
  expect(stderr).toMatch(/INVALID_CONFIG.*--prompt and --prompts/);
  expect(code).toBe(2);
});
