import { parseArgs } from 'node:util';
import { backend as cpu } from '@attune/backend-cpu';
import { backend as wasm } from '@attune/backend-wasm';
import { createBackend, isAttuneError } from '@attune/core';
import { runExample } from './run.js';
import { digitsTask, lettersTask, mnistTask } from './tasks.js';

const usage = `Usage: npm run example:images -- [--mnist DIR] [--backend cpu|wasm]

  --mnist DIR    pretrain on MNIST, from a folder with its four IDX files, instead of drawn digits
  --backend      default: the first that can run
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { mnist: { type: 'string' }, backend: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return void process.stdout.write(usage);
  const plugins = [cpu, wasm].filter(({ name }) => !values.backend || name === values.backend);
  const backend = await createBackend(plugins, {
    onSkip: (name, reason) => process.stderr.write(`Not on ${name}: ${reason}\n`),
  });
  const started = performance.now();
  try {
    process.stdout.write(`Backend: ${backend.name}, ${backend.device.description}.\n`);
    await runExample({
      backend,
      first: values.mnist === undefined ? digitsTask() : await mnistTask(values.mnist),
      second: lettersTask(),
      pretraining: { batchSize: 50, epochs: values.mnist === undefined ? 3 : 1, learningRate: 3e-3 },
      adaptation: { batchSize: 50, epochs: 10, learningRate: 5e-3 },
      print: (line) => process.stdout.write(`${line}\n`),
    });
    process.stdout.write(`\nDone in ${Math.round((performance.now() - started) / 1000)} s.\n`);
  } finally {
    await backend.dispose();
  }
}

try {
  await main();
} catch (error) {
  // What a user can fix is a message; anything else keeps its stack.
  process.stderr.write(`${isAttuneError(error) ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}
