import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StepMetrics } from '@attune/core';
import { readSafetensors } from '@attune/formats/node';
import { runAttune } from '../../testing/run-attune.js';

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../../../../packages/backend-testkit/fixtures/${path}`, import.meta.url));

interface Run {
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
}

let folder: string;
let runs: Readonly<Record<string, Run>>;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-frozen-'));
  runs = JSON.parse(await readFile(fixture('storage_types/case.json'), 'utf8')).runs;
});
afterAll(() => rm(folder, { recursive: true }));

/** The settings of the fixture: those of PyTorch's run. */
const finetune = (out: string, ...flags: string[]) =>
  runAttune([
    ...['finetune', '--out', at(out), '--data', fixture('finetune_llama/rows.jsonl')],
    ...['--backend', 'reference', '--sampling', 'sequential', '--batch-size', '4', '--samples', '0'],
    ...['--learning-rate', '1e-3', '--min-lr', '1e-4', '--warmup-iters', '0', '--lr-decay-iters', '10'],
    ...['--weight-decay', '0.1', '--beta2', '0.95', '--grad-clip', '1', '--max-iters', '10', ...flags],
  ]);
const model = ['--model', fixture('finetune_llama/model')];
const methods = {
  lora: ['--method', 'lora', '--adapter', fixture('finetune_llama/adapter')],
  freeze: ['--method', 'freeze', '--freeze-layers', '1'],
};

const metricsOf = async (run: string): Promise<StepMetrics[]> =>
  (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test.each([
  ['lora', 'bf16'],
  ['lora', 'f16'],
  ['freeze', 'bf16'],
] as const)('%s on frozen weights in %s goes as in PyTorch and peft', async (method, dtype) => {
  const out = `${method} ${dtype}`;
  const { code, stderr } = await finetune(out, ...model, ...methods[method], '--frozen-dtype', dtype);
  expect([code, stderr]).toEqual([0, '']);
  const metrics = await metricsOf(out);
  const { losses, gradNorms } = runs[out]!;
  expect(metrics).toHaveLength(losses.length);
  metrics.forEach(({ loss, gradNorm }, i) => {
    expect(Math.abs(loss - losses[i]!)).toBeLessThan(1e-5);
    expect(Math.abs(gradNorm - gradNorms[i]!)).toBeLessThan(1e-4 * gradNorms[i]!);
  });
});

test('the run records it, and what is frozen is saved as it was held', async () => {
  expect(await readFile(at('lora bf16', 'config.yaml'), 'utf8')).toContain('frozenDtype: bf16');
  const saved = await readSafetensors(at('freeze bf16', 'final', 'model.safetensors'));
  const table = saved['model.embed_tokens.weight']!;
  const bits = new Uint32Array(table.data.buffer, table.data.byteOffset, table.data.length);
  expect(bits.every((one) => (one & 0xffff) === 0)).toBe(true);
});

test('a run goes on in the type it was begun in', async () => {
  const flags = ['--frozen-dtype', 'bf16', '--max-iters', '4', '--checkpoint-interval', '2'];
  expect((await finetune('whole', ...model, ...methods.freeze, ...flags)).code).toBe(0);
  expect((await finetune('begun', ...model, ...methods.freeze, ...flags, '--max-iters', '2')).code).toBe(0);
  const resumed = await runAttune(['finetune', '--resume', at('begun'), '--max-iters', '4']);
  expect([resumed.code, resumed.stderr]).toEqual([0, '']);
  const losses = async (run: string) => (await metricsOf(run)).map(({ loss }) => loss);
  expect(await losses('begun')).toEqual(await losses('whole'));
});

test('there has to be something that is frozen', async () => {
  const { code, stderr } = await finetune('none', ...model, '--method', 'full', '--frozen-dtype', 'bf16');
  expect(code).toBe(2);
  expect(stderr).toContain('--frozen-dtype bf16 goes with frozen weights, but --method full trains all.');
});

test('a model is evaluated and continued with its weights in 16 and 8 bits', async () => {
  const evaluate = async (weights: string) => {
    const { stdout, stderr } = await runAttune([
      ...['evaluate', ...model, '--data', fixture('finetune_llama/rows.jsonl'), '--json'],
      ...['--backend', 'reference', '--weights', weights],
    ]);
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { loss: number }).loss;
  };
  const [whole, half, eighth] = [await evaluate('f32'), await evaluate('bf16'), await evaluate('int8')];
  expect(half).not.toBe(whole);
  expect(eighth).not.toBe(half);
  for (const loss of [half, eighth]) expect(Math.abs(loss - whole)).toBeLessThan(0.02 * whole);
  const { code } = await runAttune([
    ...['generate', ...model, '--prompt', 'Tom', '--max-new-tokens', '4', '--temperature', '0'],
    ...['--backend', 'reference', '--weights', 'int8'],
  ]);
  expect(code).toBe(0);
});
