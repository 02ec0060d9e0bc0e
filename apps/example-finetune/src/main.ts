import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { backend as cpu } from '@attune/backend-cpu';
import { backend as wasm } from '@attune/backend-wasm';
import { createBackend, isAttuneError } from '@attune/core';
import { runExample } from './run.js';

const usage = `Usage: npm run example:finetune -- [--backend cpu|wasm]

  --backend      default: the first that can run
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { backend: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return void process.stdout.write(usage);
  const plugins = [cpu, wasm].filter(({ name }) => !values.backend || name === values.backend);
  const backend = await createBackend(plugins, {
    onSkip: (name, reason) => process.stderr.write(`Not on ${name}: ${reason}\n`),
  });
  const folder = await mkdtemp(join(tmpdir(), 'attune-example-'));
  const started = performance.now();
  try {
    process.stdout.write(`Backend: ${backend.name}, ${backend.device.description}.\n`);
    await runExample({
      ...{ backend, folder },
      shape: { blockSize: 160, nLayer: 3, nHead: 4, nEmbd: 96 },
      rows: { train: 1600, test: 100 },
      pretraining: { batchSize: 8, maxIters: 600, learningRate: 3e-3 },
      finetuning: { batchSize: 16, maxIters: 500, learningRate: 2e-3 },
      adapting: { batchSize: 16, maxIters: 500, learningRate: 5e-3 },
      print: (line) => process.stdout.write(`${line}\n`),
    });
    process.stdout.write(`\nDone in ${Math.round((performance.now() - started) / 1000)} s.\n`);
  } finally {
    await backend.dispose();
    await rm(folder, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  // What a user can fix is a message; anything else keeps its stack.
  process.stderr.write(`${isAttuneError(error) ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
