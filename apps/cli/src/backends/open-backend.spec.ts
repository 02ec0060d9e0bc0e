import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend } from '@attune/backend-reference';
import { defineBackend, type Availability } from '@attune/core';
import { runAttune, TINY } from '../testing/run-attune.js';

describe('auto', () => {
  const onCpu = { available: false, reason: 'not installed', packages: ['engine'] } as const;
  const reference = { available: true, description: 'a test' } as const;
  const importerOf = (cpu: Availability) => async (specifier: string) => {
    const availability = { '@attune/backend-cpu': cpu, '@attune/backend-reference': reference }[specifier];
    if (!availability) throw new Error('This one is broken.');
    return { backend: { ...backend, isAvailable: async () => availability } };
  };
  const args = ['pretrain', ...TINY, '--max-iters', '1', '--out'];

  test.each([
    [
      'auto',
      onCpu,
      /^--backend auto took reference\. cpu is faster, once installed: npm install engine --ignore-scripts\n$/,
    ],
    [
      'auto',
      { available: false, reason: 'its native engine is not there', fix: 'Build it.' } as const,
      /^--backend auto took reference\. cpu is faster, but its native engine is not there\. Build it\.\n$/,
    ],
    ['reference', onCpu, /^$/],
    ['auto', { available: false, reason: 'no such machine' } as const, /^$/],
  ])('--backend %s, where cpu is %j', async (name, cpu, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'attune-auto-'));
    const { code, stderr } = await runAttune([...args, join(folder, 'run'), '--backend', name], {
      importer: importerOf(cpu),
    });
    expect(stderr).toMatch(expected);
    expect(code).toBe(0);
    await rm(folder, { recursive: true });
  });

  test('doctor has the line, too', async () => {
    const { stdout } = await runAttune(['doctor'], { importer: importerOf(onCpu) });
    expect(stdout).toMatch(/✗ cpu +not installed\n +Install it: npm install engine --ignore-scripts\n/);
    expect(stdout).toContain('--backend auto picks reference. cpu would be faster: install it as above.');
  });
});

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
