/** Settings: `--config`, and `config.yaml` of runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfigFile } from '../../../apps/cli/dist/config/config-file.js';
import { finetuneFields, trainingFields } from '../../../packages/runs/dist/index.js';

const folder = mkdtempSync(join(tmpdir(), 'attune-fuzz-'));
const path = join(folder, 'config.yaml');

const pretraining = {
  data: 'data',
  sampling: 'random',
  batchSize: 2,
  blockSize: 8,
  nLayer: 1,
  nHead: 2,
  nEmbd: 8,
  bias: false,
  dropout: 0,
  learningRate: 0.001,
  maxIters: 3,
  seed: 1337,
  backend: 'reference',
};
const finetuning = {
  model: 'model',
  data: 'rows.jsonl',
  columns: ['prompt=question'],
  method: 'lora',
  loraRank: 8,
  targetModules: ['q_proj', 'v_proj'],
  freeze: ['*.bias'],
  dropout: 'model',
  useDora: true,
  maxIters: 2,
};

export const target = {
  form: 'yaml',
  // Milliseconds each.
  share: 0.25,
  seeds: [pretraining, finetuning, { n_layer: 2, learning_rate: 1e-3 }],
  close: () => rmSync(folder, { recursive: true }),
  async read(bytes) {
    writeFileSync(path, bytes);
    const fields =
      Buffer.from(bytes).includes('lora') || Buffer.from(bytes).includes('model')
        ? finetuneFields
        : trainingFields;
    const values = await readConfigFile(fields, path);
    for (const key of Object.keys(values))
      if (!Object.hasOwn(fields, key)) throw new Error(`the key ${key} is none`);
  },
};
