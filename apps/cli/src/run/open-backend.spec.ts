import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineBackend } from '@attune/core';
import { runAttune } from '../testing/run-attune.js';

test('the flags that say how a backend is made reach it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'attune-flags-'));
  let seen: unknown;
  const backend = defineBackend({
    name: 'listening',
    isAvailable: async () => ({ available: true, description: 'a test' }),
    create: async (options) => {
      seen = options;
      throw new Error('That is enough.');
    },
  });
  const args = ['pretrain', '--preset', 'stories', '--out', join(folder, 'run'), '--backend', 'listening'];
  const { code } = await runAttune([...args, '--threads', '3', '--tf32'], {
    importer: async () => ({ backend }),
  });
  expect(code).not.toBe(0);
  expect(seen).toMatchObject({ threads: 3, tf32: true });
  await rm(folder, { recursive: true });
});
