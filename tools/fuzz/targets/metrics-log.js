/** `metrics.jsonl` of a run: steps up to the first line that is not whole. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { readMetrics } from '../../../packages/runs/dist/index.js';

const folder = mkdtempSync(join(tmpdir(), 'attune-fuzz-'));
const path = join(folder, 'metrics.jsonl');
const step = {
  step: 1,
  epoch: 0.009,
  loss: 2.73,
  lr: 9.9e-6,
  gradNorm: 1.12,
  tokens: 16,
  tokensPerSecond: 559.3,
  stepMs: 28.6,
};

export const target = {
  // Each is written to a file first.
  share: 0.25,
  form: 'lines',
  seeds: [step, { ...step, step: 2, valLoss: 2.5 }],
  // Every log can be read: what is not whole is left out.
  readShare: [0.02, 1],
  close: () => rmSync(folder, { recursive: true }),
  async read(bytes) {
    writeFileSync(path, bytes);
    for await (const { step: at, loss } of readMetrics(diskFolder(folder))) {
      if (!Number.isSafeInteger(at) || typeof loss !== 'number') throw new Error('a step that is none');
    }
  },
};
