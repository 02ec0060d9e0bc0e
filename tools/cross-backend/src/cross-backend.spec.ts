import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// eslint-disable-next-line @nx/enforce-module-boundaries -- its worker has to run from source here
import { createFromSource as createCpu } from '../../../packages/backend-cpu/src/onnxruntime/testing/create.js';
import { backend as wasm } from '@attune/backend-wasm';
import { describeInBrowser, findChromium } from '@attune/browser-harness';
import type { Backend } from '@attune/core';
import { readCheckpoint, writeCheckpoint } from '@attune/formats/node';
import { readZipArchive } from '@attune/files';
import { openRun, STEPS, TOLERANCE, train } from './testing/run.js';

/*
 * One run goes from wasm to cpu to webgpu and back to wasm. Whoever hands it over leaves a checkpoint, and does the next
 * ten steps too: those that the other one is to do alike.
 */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-cross-backend-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The losses after a checkpoint, by the backend that wrote it. */
const expected: Record<string, number[]> = {};

function expectAgreement(losses: readonly number[], others: readonly number[]): void {
  expect(losses).toHaveLength(STEPS);
  const apart = losses.map((loss, i) => Math.abs(loss - others[i]!));
  expect(Math.max(...apart)).toBeLessThan(TOLERANCE);
}

/** Goes on from a checkpoint for ten steps, and returns their losses; then hands over. */
async function relay(
  create: () => Promise<Backend>,
  { from, to }: { readonly from?: string; readonly to?: string },
): Promise<number[]> {
  const backend = await create();
  const { trainer, config } = await openRun(backend);
  if (from !== undefined) await trainer.restore((await readCheckpoint(join(folder, from))).checkpoint);
  const losses = await train(trainer, STEPS);
  if (to !== undefined) {
    const checkpoint = await trainer.checkpoint();
    await writeCheckpoint(join(folder, to), { checkpoint, config });
    expected[to] = await train(trainer, STEPS);
  }
  await trainer.dispose();
  await backend.dispose();
  return losses;
}

test('wasm begins the run', async () => {
  const losses = await relay(() => wasm.create(), { to: 'wasm' });
  expect(expected['wasm']!.at(-1)!).toBeLessThan(losses[0]! - 0.1);
});

test('cpu takes it up', async () => {
  expectAgreement(await relay(() => createCpu(), { from: 'wasm', to: 'cpu' }), expected['wasm']!);
});

await describeInBrowser({
  name: 'webgpu, in Chromium,',
  page: new URL('./testing/webgpu.page.ts', import.meta.url),
  runner: { describe, test, beforeAll, afterAll },
  webgpu: true,
  timeoutMs: 120_000,
  files: async (path) => {
    const checkpoint = join(folder, 'cpu');
    if (path === 'checkpoint.json')
      return new TextEncoder().encode(JSON.stringify(await readdir(checkpoint)));
    return readFile(join(checkpoint, path.slice('checkpoint/'.length)));
  },
  save: (path, bytes) => writeFile(join(folder, path), bytes),
});

const withBrowser = (await findChromium()) ? test : test.skip;

withBrowser('webgpu and cpu agree', async () => {
  const { taken, next } = JSON.parse(await readFile(join(folder, 'losses.json'), 'utf8')) as {
    taken: number[];
    next: number[];
  };
  expectAgreement(taken, expected['cpu']!);
  expected['webgpu'] = next;
});

withBrowser('wasm takes it up again, from the unpacked download', async () => {
  const files = await readZipArchive(new Blob([await readFile(join(folder, 'checkpoint.zip'))]));
  await mkdir(join(folder, 'webgpu'));
  for (const [name, bytes] of files) await writeFile(join(folder, 'webgpu', name), bytes);
  expectAgreement(await relay(() => wasm.create(), { from: 'webgpu' }), expected['webgpu']!);
});
