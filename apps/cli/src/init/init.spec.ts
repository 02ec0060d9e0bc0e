import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finetuneFields, trainingFields } from '@attune/runs';
import { readConfigFile } from '../config/config-file.js';
import type { Output } from '../printing/printer.js';
import { runAttune, TEXT, TINY } from '../testing/run-attune.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-init-'))));
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

test('without questions: settings of a preset, which pretrain takes as they are', async () => {
  const file = at('stories.yaml');
  const { code, stdout } = await runAttune([
    'init',
    file,
    '--yes',
    '--preset',
    'stories',
    '--out',
    at('run'),
  ]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`Next: attune pretrain --config ${file}`),
  });
  expect(await readConfigFile(trainingFields, file)).toMatchObject({
    backend: 'auto',
    nLayer: expect.any(Number),
  });
});

test('the command that init says runs', async () => {
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  const answers = ['--preset', 'none', '--data', at('data'), '--backend', 'wasm', '--out', at('run')];
  await runAttune(['init', at('a.yaml'), '--yes', '--command', 'pretrain', ...answers]);
  const run = ['pretrain', '--config', at('a.yaml'), '--out', at('run')];
  const tiny = await runAttune([...run, ...TINY]);
  expect(tiny).toMatchObject({ code: 0 });
  expect(await readFile(at('run/config.yaml'), 'utf8')).toContain(at('data'));
});

test('fine-tuning: model and data are asked for, and the method is what was chosen', async () => {
  const missing = await runAttune(['init', at('a.yaml'), '--yes', '--command', 'finetune']);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('--data is missing') });
  const flags = ['--command', 'finetune', '--data', 'rows.jsonl', '--model', 'runs/a', '--method', 'full'];
  expect(await runAttune(['init', at('a.yaml'), '--yes', ...flags])).toMatchObject({ code: 0 });
  expect(await readConfigFile(finetuneFields, at('a.yaml'))).toMatchObject({
    ...{ data: 'rows.jsonl', model: 'runs/a', method: 'full', backend: 'auto' },
  });
});

test.each([
  ['--backend', 'gpu', /--backend must be auto, cuda/],
  ['--command', 'train', /--command must be pretrain, finetune/],
  ['--preset', 'smollm-lora', /--preset must be /],
])('%s %s is refused, and nothing is written', async (flag, value, message) => {
  const { code, stderr } = await runAttune(['init', at('a.yaml'), '--yes', flag, value]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  expect(await readdir(folder)).toEqual([]);
});

test('a file that is there is left alone, and --dry-run writes none', async () => {
  const { code, stdout } = await runAttune(['init', at('a.yaml'), '--yes', '--dry-run']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('backend: auto') });
  expect(await readdir(folder)).toEqual([]);
  await writeFile(at('a.yaml'), 'mine');
  expect(await runAttune(['init', at('a.yaml'), '--yes'])).toMatchObject({ code: 2 });
  expect(await readFile(at('a.yaml'), 'utf8')).toBe('mine');
});

test('without a terminal, nobody is asked', async () => {
  const { code, stderr } = await runAttune(['init', at('a.yaml')]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--yes') });
});

describe('on a dumb terminal', () => {
  /** Types answers, each when a question stands there. */
  async function typed(answers: readonly string[], ended = false) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const screen = Object.assign(new PassThrough(), { isTTY: true });
    let shown = '';
    const rest = [...answers];
    screen.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (!/: $/.test(shown)) return;
      const answer = rest.shift();
      if (answer !== undefined) setImmediate(() => stdin.write(`${answer}\n`));
      else if (ended) setImmediate(() => stdin.end());
    });
    const finished = await runAttune(['init', at('a.yaml')], {
      ...{ stdin, stderr: screen as unknown as Output, env: { TERM: 'dumb' } },
    });
    return { ...finished, shown };
  }

  test('questions are lines, a wrong answer is asked for again, and no cursor is moved', async () => {
    const { code, shown } = await typed(['9', 'pretrain', 'stories', '', '', 'runs/a']);
    expect(code).toBe(0);
    expect(shown).not.toContain('\u001b');
    expect(await readConfigFile(trainingFields, at('a.yaml'))).toMatchObject({ backend: 'auto' });
  });

  test('whoever ends it in the middle leaves nothing', async () => {
    const { code } = await typed(['pretrain'], true);
    expect(code).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });
});
