import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Output } from './printing/printer.js';
import { runAttune, TINY } from './testing/run-attune.js';
import { serveAsHub, type TinyHub } from './testing/tiny-hub.js';

/** A stranger's name, key or text: it clears the screen, names the window, beeps, and turns letters. */
const EVIL = '\u001b[2J\u001b]0;mine\u0007\u009b31m\r\u202e\u2028';

/** Most of it, as a name of a file may have. */
const EVIL_NAME = 'a\u001b[2J\u0007\u009b1m\u202e\nerror: all is well';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
let hub: TinyHub;

const editJson = async (path: string, edit: (json: Record<string, unknown>) => void) => {
  const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  edit(json);
  await writeFile(path, JSON.stringify(json));
};

/** Data whose text is nothing but controls and letters; a run on it writes such texts. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-terminal-'));
  await writeFile(at('text.txt'), `${EVIL}abc User: Assistant\n`.repeat(200));
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--block-size', '64']);
  const row = { prompt: `${EVIL}a`, completion: 'b', [EVIL]: 1 };
  await mkdir(at(EVIL_NAME));
  await writeFile(at(EVIL_NAME, 'train.jsonl'), `${JSON.stringify(row)}\n`.repeat(4));
  await writeFile(
    at('labels.jsonl'),
    ['a', 'b'].map((text) => JSON.stringify({ text, label: text + EVIL })).join('\n'),
  );
  hub = await serveAsHub(at('run', 'final'));
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

/** Runs a command on a terminal. Returns all that it was sent. */
async function onTerminal(args: readonly string[], input: readonly string[] = []) {
  let sent = '';
  const terminal = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        sent += chunk.toString();
        done();
      },
    }),
    { isTTY: true, columns: 100, cursorTo: () => true },
  ) as unknown as Output;
  const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: at('cache') };
  const { code } = await runAttune(args, {
    stdout: terminal,
    stderr: terminal,
    env,
    stdin: Readable.from(input),
  });
  return { code, sent };
}

/** Our colours; the line that is drawn again; and, of the progress bar, the cursor's comings and goings. */
const OURS = /\u001b\[(?:\d{1,2}m|\d?K|J|\d*[AG]|\?25[hl]|\?7[hl])|\r(?=\u001b\[K)/g;

/** Nothing that commands a terminal is left when ours is taken away. */
function expectHarmless(sent: string): void {
  const rest = sent.replace(OURS, '');
  expect(rest).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
  // What ours may be, the stranger's is not.
  expect(sent).not.toContain('\u001b[2J');
}

const model = () => ['--model', at('run')];
const reference = ['--backend', 'reference'];

test.each<[string, () => string[], ...string[]]>([
  ['pretrain, with its samples', () => ['pretrain', '--data', at('data'), '--out', at('again'), ...TINY]],
  ['generate', () => ['generate', ...model(), '--prompt', EVIL, '--max-new-tokens', '60', ...reference]],
  [
    'generate, for many',
    () => ['generate', ...model(), '--prompts', at('prompts.txt'), '--max-new-tokens', '30', ...reference],
  ],
  [
    'generate --json',
    () => ['generate', ...model(), '--prompt', EVIL, '--max-new-tokens', '8', '--json', ...reference],
  ],
  [
    'chat',
    () => ['chat', ...model(), '--template', 'plain', '--max-new-tokens', '40', ...reference],
    `${EVIL}\n`,
    'a\n',
  ],
  ['evaluate', () => ['evaluate', ...model(), '--data', at('data'), ...reference]],
  [
    'evaluate rows',
    () => ['evaluate', ...model(), '--data', at(EVIL_NAME), '--split', 'train', ...reference],
  ],
  ['inspect', () => ['inspect', ...model(), '--data', at(EVIL_NAME)]],
  ['inspect --json', () => ['inspect', ...model(), '--data', at(EVIL_NAME), '--json']],
  ['inspect of labels', () => ['inspect', ...model(), '--data', at('labels.jsonl')]],
  ['verify', () => ['verify', at('run'), '--steps', '1', ...reference]],
  ['export', () => ['export', ...model(), '--out', at(`exported-${EVIL_NAME}`), '--no-verify']],
  ['prepare', () => ['prepare', at('text.txt'), '--out', at(`prepared-${EVIL_NAME}`)]],
  ['download', () => ['download', 'org/tiny']],
  [
    'finetune, and its report',
    () => [
      ...['finetune', ...model(), '--data', at(EVIL_NAME), '--out', at('tuned'), '--max-iters', '2'],
      ...['--batch-size', '1', ...reference],
    ],
  ],
  ['merge', () => ['merge', ...model(), '--adapter', at('tuned'), '--out', at(`merged-${EVIL_NAME}`)]],
  ['doctor', () => ['doctor']],
])('%s commands no terminal', async (_, args, ...input) => {
  await writeFile(at('prompts.txt'), `${EVIL}\na\n`);
  const { sent, code } = await onTerminal(args(), input);
  expect(code).toBe(0);
  expect(sent).not.toBe('');
  expectHarmless(sent);
});

test.each<[string, () => string[]]>([
  ['prepare of nothing', () => ['prepare', at(`none-${EVIL_NAME}`), '--out', at('x')]],
  ['download of nothing', () => ['download', 'org/tiny', '--revision', EVIL]],
  ['a flag that there is not', () => ['generate', `--${EVIL}`]],
  ['a command that there is not', () => [EVIL]],
])('the error of %s commands no terminal', async (_, args) => {
  const { sent, code } = await onTerminal(args());
  expect(code).not.toBe(0);
  expect(sent).toContain('error');
  expectHarmless(sent);
});

/** A copy of the run's model with one of its files changed. */
async function changedModel(name: string, change: (path: string) => Promise<void>): Promise<string> {
  await cp(at('run', 'final'), at(name), { recursive: true });
  await change(at(name));
  return at(name);
}

test.each<[string, (path: string) => Promise<void>]>([
  [
    'keys and values of config.json',
    (path) => editJson(join(path, 'config.json'), (json) => (json[EVIL] = EVIL)),
  ],
  [
    'the type of config.json',
    (path) => editJson(join(path, 'config.json'), (json) => (json['model_type'] = EVIL)),
  ],
  [
    'names of tensors',
    async (path) => {
      const bytes = await readFile(join(path, 'model.safetensors'));
      // A name of the same length in JSON.
      const text = bytes
        .toString('latin1')
        .replace(/transformer\.wte\.weight|wte\.weight/, (name) => 'w\u009b\u0085'.padEnd(name.length, 'x'));
      await writeFile(join(path, 'model.safetensors'), text, 'latin1');
    },
  ],
  [
    'the kind of a tokenizer',
    (path) => editJson(join(path, 'meta.json'), (json) => (json['tokenizer'] = { kind: EVIL })),
  ],
  ['no JSON', (path) => writeFile(join(path, 'config.json'), `{${EVIL}`)],
  ['a template', (path) => writeFile(join(path, 'chat_template.jinja'), `{{ raise_exception('${EVIL}') }}`)],
])('of a model with controls in %s, nothing reaches the terminal', async (name, change) => {
  const path = await changedModel(`model of ${name}`, change);
  for (const args of [
    ['generate', '--model', path, '--prompt', 'a', '--max-new-tokens', '5', ...reference],
    ['chat', '--model', path, '--max-new-tokens', '5', ...reference],
    ['export', '--model', path, '--out', `${path} exported`, '--no-verify'],
  ]) {
    const { sent } = await onTerminal(args, ['a\n']);
    expect(sent).not.toBe('');
    expectHarmless(sent);
  }
});

test('into a pipe, a text goes as the model wrote it; a report does not', async () => {
  const { stdout } = await runAttune([
    'generate',
    ...model(),
    '--prompt',
    EVIL,
    '--max-new-tokens',
    '1',
    ...reference,
  ]);
  expect(stdout.startsWith(EVIL)).toBe(true);
  const report = await runAttune(['inspect', ...model(), '--data', at(EVIL_NAME)]);
  expectHarmless(report.stdout);
  expect(await readdir(at('run', 'samples'))).not.toEqual([]);
});
