/**
 * A folder of honest files, as attune writes them, for the hostile ones to take the place of: text, token files, a run, a
 * model with its tokenizer, an adapter, rows, a fine-tuning run, settings.
 */
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commands } from './commands.js';

const attune = fileURLToPath(new URL('../../apps/cli/bin/attune.js', import.meta.url));
const fixture = fileURLToPath(
  new URL('../../packages/backend-testkit/fixtures/finetune_llama/', import.meta.url),
);

/** `config.yaml` of a small pretraining run. */
export const SETTINGS = `data: data
backend: reference
maxIters: 2
batchSize: 2
blockSize: 8
nLayer: 1
nHead: 2
nEmbd: 8
evalIters: 1
sampleTokens: 0
`;

/** `config.yaml` of a small fine-tuning run. */
export const TUNING = `model: model
data: rows.jsonl
backend: reference
maxIters: 2
batchSize: 2
evalIters: 1
samples: 0
`;

export async function makeHonest() {
  const folder = mkdtempSync(join(tmpdir(), 'attune-honest-'));
  for (const name of ['model', 'adapter', 'rows.jsonl'])
    cpSync(fixture + name, join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'book.txt'), 'the cat sat on the mat. the dog sat on the log.\n'.repeat(40));
  writeFileSync(join(folder, 'settings.yaml'), SETTINGS);
  writeFileSync(join(folder, 'tuning.yaml'), TUNING);
  const run = (command, out) =>
    promisify(execFile)(
      process.execPath,
      [attune, ...commands[command].map((argument) => (argument === 'new' ? out : argument))],
      { cwd: folder },
    );
  await run('prepare', 'data');
  await run('pretrain', 'run');
  await run('finetune', 'tuned');
  return folder;
}
