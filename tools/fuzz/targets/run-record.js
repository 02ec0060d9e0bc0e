/** `run.json` of a run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { readRun, sessionsOf } from '../../../packages/runs/dist/index.js';

const folder = mkdtempSync(join(tmpdir(), 'attune-fuzz-'));
const record = {
  format: 1,
  seed: 1337,
  data: {
    path: 'data',
    trainTokens: 1728,
    hashes: { train: '12ff7ec51cc50d35', val: '02ae46e59ac2d19b' },
    sha256: { 'train.bin': '1c' },
  },
  sessions: [
    {
      fromStep: 0,
      startedAt: '2026-11-28T09:22:30.696Z',
      backend: {
        name: 'reference',
        package: '@attune/backend-reference',
        device: 'JavaScript, f32',
        deterministic: true,
      },
      versions: { attune: '0.1.0', node: 'v20.20.2', platform: 'linux x64' },
    },
  ],
};

export const target = {
  // Each is written to a file first.
  share: 0.25,
  form: 'json',
  seeds: [record],
  close: () => rmSync(folder, { recursive: true }),
  async read(bytes) {
    writeFileSync(join(folder, 'run.json'), bytes);
    sessionsOf(await readRun(diskFolder(folder)).readRecord(), 0, 10);
  },
};
