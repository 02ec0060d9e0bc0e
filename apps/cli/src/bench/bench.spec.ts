import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../testing/run-attune.js';
import type { BenchResult } from './measure.js';
import { summarize } from './summary.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-bench-'));
  await writeFile(join(folder, 'text.txt'), TEXT);
  await runAttune(['prepare', join(folder, 'text.txt'), '--out', join(folder, 'data')]);
  await runAttune(['pretrain', '--data', join(folder, 'data'), '--out', join(folder, 'run'), ...TINY]);
});
afterAll(() => rm(folder, { recursive: true }));

const SHORT = ['--warmup', '1', '--steps', '3', '--batch-size', '2', '--block-size', '8'];

async function bench(...args: string[]) {
  const { code, stdout, stderr } = await runAttune(['bench', ...args, ...SHORT, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as { readonly results: readonly BenchResult[]; readonly engine: object | null };
}

test('a folder and a size are measured, each with kernels, decoding and its share of the peak', async () => {
  const { results, engine } = await bench(
    join(folder, 'run'),
    'S',
    '--backend',
    'wasm',
    '--profile',
    '--generate',
  );
  expect(engine).toMatchObject({ name: 'attune', isa: expect.any(String) });
  expect(results.map(({ blockSize }) => blockSize)).toEqual([8, 8]);
  for (const result of results) {
    const { stepMs, tokensPerSecond, kernels, decode, shareOfPeak, memory } = result;
    expect(stepMs.min).toBeLessThanOrEqual(stepMs.median);
    expect(tokensPerSecond).toBeCloseTo(16_000 / stepMs.median);
    expect(kernels!.map(({ kernel }) => kernel)).toEqual(expect.arrayContaining(['gemm', 'adam_w']));
    // A browser's clock, and that of WebAssembly, may be coarser than a small kernel.
    expect(kernels!.every(({ msPerStep, callsPerStep }) => msPerStep >= 0 && callsPerStep >= 1)).toBe(true);
    expect(decode!.tokensPerSecond).toBeGreaterThan(0);
    expect(shareOfPeak).toBeCloseTo(result.gflopsPerSecond / result.peakGflopsPerSecond);
    expect(memory.backendBytes).toBeGreaterThan(4 * 3 * result.parameters);
  }
});

const hasTorch = spawnSync('python3', ['-c', 'import torch']).status === 0;

(hasTorch ? test : test.skip)(
  'the script for PyTorch has the same loss for the same weights, and prints the same figures',
  async () => {
    const { stdout: script } = await runAttune(['bench', join(folder, 'run'), ...SHORT, '--print-pytorch']);
    await writeFile(join(folder, 'step.py'), script);
    const { stdout, stderr, status } = spawnSync('python3', [join(folder, 'step.py')], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [theirs] = (JSON.parse(stdout) as { results: BenchResult[] }).results;
    const [ours] = (await bench(join(folder, 'run'), '--backend', 'wasm')).results;
    expect(Math.abs(theirs!.loss.first - ours!.loss.first)).toBeLessThan(1e-5);
    // After three updates by the same optimizer.
    expect(Math.abs(theirs!.loss.last - ours!.loss.last)).toBeLessThan(1e-4);
    expect(theirs!.parameters).toBe(ours!.parameters);
    for (const key of Object.keys(theirs!)) expect(ours).toHaveProperty(key);
  },
);

test('another word is no model, and the nearest one is named', async () => {
  expect(await runAttune(['bench', '123M'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "124M"?'),
  });
});

test('figures: the median, the extremes, and how far apart the quartiles are', () => {
  expect(summarize([4, 1, 3, 2, 5])).toEqual({ median: 3, min: 1, max: 5, spread: 2 / 3 });
  expect(summarize([7])).toEqual({ median: 7, min: 7, max: 7, spread: 0 });
});
