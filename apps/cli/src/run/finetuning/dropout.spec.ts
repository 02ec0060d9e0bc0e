import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StepMetrics } from '@attune/core';
import { runAttune } from '../../testing/run-attune.js';

/** A tiny Llama, and rows of a task. */
const fixture = (path: string) =>
  fileURLToPath(
    new URL(`../../../../../packages/backend-testkit/fixtures/finetune_llama/${path}`, import.meta.url),
  );

/** The contents of the model's config.json. */
const RATE = 0.3;

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const edit = async (path: string, change: (text: string) => string) =>
  writeFile(path, change(await readFile(path, 'utf8')));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-dropout-'));
  await cp(fixture('model'), at('model'), { recursive: true });
  await edit(at('model', 'config.json'), (config) =>
    JSON.stringify({ ...(JSON.parse(config) as object), attention_dropout: RATE }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const finetune = (out: string, ...flags: string[]) =>
  runAttune([
    ...['finetune', '--out', at(out), '--model', at('model'), '--data', fixture('rows.jsonl')],
    ...['--backend', 'reference', '--sampling', 'sequential', '--batch-size', '2', '--samples', '0'],
    ...['--learning-rate', '1e-3', '--max-iters', '2', ...flags],
  ]);

const lossesOf = async (run: string): Promise<number[]> =>
  (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as StepMetrics).loss);

test.each([
  ['full', []],
  ['freeze', ['--freeze-layers', '1']],
  ['lora', ['--lora-rank', '2']],
])("%s: the model's own rate, unless another is given; the saved config keeps it", async (method, flags) => {
  const lossesWith = async (name: string, ...dropout: string[]) => {
    const run = `${method}-${name}`;
    expect((await finetune(run, '--method', method, ...flags, ...dropout)).stderr).toBe('');
    return lossesOf(run);
  };
  const own = await lossesWith('own');
  expect(await lossesWith('named', '--dropout', String(RATE))).toEqual(own);
  const none = await lossesWith('none', '--dropout', '0');
  expect(none).not.toEqual(own);
  expect(await lossesWith('other', '--dropout', '0.5')).not.toEqual(own);
  // Without it, the steps are those of the same model whose config has none.
  expect(await lossesWith('plain', '--model', fixture('model'))).toEqual(none);
  if (method === 'lora') return;
  for (const name of ['own', 'none', 'other']) {
    const config = await readFile(at(`${method}-${name}`, 'final', 'config.json'), 'utf8');
    expect([name, JSON.parse(config)]).toEqual([name, expect.objectContaining({ attention_dropout: RATE })]);
  }
});

test('the run says at which rate it drops', async () => {
  expect((await finetune('said', '--max-iters', '1')).stdout).toMatch(
    /\(LoRA.*; dropout 0\.3 \(attention\)\)/,
  );
  expect((await finetune('unsaid', '--max-iters', '1', '--dropout', '0')).stdout).not.toContain('; dropout');
});

const formatJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** A document as a checkpoint holds it, which has a checksum of itself. */
function sealed(document: Record<string, unknown>): string {
  const { 'trainer_state.json': _, ...sha256 } = document['sha256'] as Record<string, string>;
  const text = formatJson({ ...document, sha256 });
  const own = createHash('sha256').update(text).digest('hex');
  return formatJson({ ...document, sha256: { ...sha256, 'trainer_state.json': own } });
}

test('a run that was recorded before there was any goes on without', async () => {
  const method = [
    '--method',
    'full',
    '--checkpoint-interval',
    '2',
    '--lr-decay-iters',
    '4',
    '--warmup-iters',
    '0',
  ];
  await finetune('whole', ...method, '--dropout', '0', '--max-iters', '4');
  await finetune('recorded', ...method, '--dropout', '0');
  await edit(at('recorded', 'config.yaml'), (text) => text.replace(/^dropout: 0\n/m, ''));
  await edit(at('recorded', 'checkpoints', 'step-2', 'trainer_state.json'), (text) => {
    const state = JSON.parse(text) as { run: { config: Record<string, unknown> } };
    delete state.run.config['dropout'];
    return sealed(state as never);
  });
  const resume = (...flags: string[]) => runAttune(['finetune', '--resume', at('recorded'), ...flags]);
  expect((await resume('--dropout', '0.3')).stderr).toMatch(
    /INVALID_CONFIG: --dropout is 0.3, but the run in .* has 0/,
  );
  const resumed = await resume('--max-iters', '4');
  expect([resumed.code, resumed.stderr]).toEqual([0, '']);
  expect(await lossesOf('recorded')).toEqual(await lossesOf('whole'));
  const { code, stdout } = await runAttune(['verify', at('recorded'), '--backend', 'reference']);
  expect([code, stdout]).toEqual([0, expect.any(String)]);
});

test.each(['1', '-0.1', 'some'])('--dropout %s is refused', async (rate) => {
  expect((await finetune('refused', '--dropout', rate)).stderr).toMatch(
    /INVALID_CONFIG: --dropout must be "model" or a number of at least 0 and below 1, but is/,
  );
});
