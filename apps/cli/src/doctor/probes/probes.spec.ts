import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInRange } from '../checks/packages/version-range.js';
import { findCompiler } from './compiler.js';
import { processorQuota } from './control-group.js';
import { hubFacts } from './hub-facts.js';
import { packageFacts } from './package-facts.js';
import { runFacts } from './run-facts.js';

test.each([
  ['1.30.0', '^1.30.0', true],
  ['1.31.2', '^1.30.0', true],
  ['1.29.9', '^1.30.0', false],
  ['2.0.0', '^1.30.0', false],
  ['0.6.3', '^0.6.2', true],
  ['0.6.1', '^0.6.2', false],
  ['0.7.0', '^0.6.2', false],
  ['4.22.0', '4.22.0', true],
  ['4.22.1', '4.22.0', false],
  ['1.0.0', '>=0.5 <3', true],
])('version %s in %s: %p', (version, range, fits) => {
  expect(isInRange(version, range)).toBe(fits);
});

const GROUP = '/sys/fs/cgroup';

test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
  ['no groups', {}, undefined],
  ['the root of version 2', { '/proc/self/cgroup': '0::/\n', [`${GROUP}/cpu.max`]: '150000 100000\n' }, 1.5],
  ['no limit', { '/proc/self/cgroup': '0::/\n', [`${GROUP}/cpu.max`]: 'max 100000\n' }, undefined],
  [
    'a group of its own',
    {
      '/proc/self/cgroup': '0::/user.slice/train.scope\n',
      [`${GROUP}/user.slice/train.scope/cpu.max`]: '50000 100000',
    },
    0.5,
  ],
  [
    'a group above it, which has less',
    {
      '/proc/self/cgroup': '0::/a/b/c\n',
      [`${GROUP}/a/b/c/cpu.max`]: 'max 100000',
      [`${GROUP}/a/b/cpu.max`]: '400000 100000',
      [`${GROUP}/a/cpu.max`]: '200000 100000',
    },
    2,
  ],
  [
    'a container, which sees the path of its host and no folder of it',
    { '/proc/self/cgroup': '0::/../../kubepods/pod1\n', [`${GROUP}/cpu.max`]: '300000 100000' },
    3,
  ],
  [
    'version 1, mounted for two controllers',
    {
      '/proc/self/cgroup': '12:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/docker/1\n',
      [`${GROUP}/cpu,cpuacct/docker/1/cpu.cfs_quota_us`]: '250000\n',
      [`${GROUP}/cpu,cpuacct/docker/1/cpu.cfs_period_us`]: '100000\n',
    },
    2.5,
  ],
  [
    'version 1 without a limit',
    {
      '/proc/self/cgroup': '4:cpu:/\n0::/\n',
      [`${GROUP}/cpu/cpu.cfs_quota_us`]: '-1\n',
      [`${GROUP}/cpu/cpu.cfs_period_us`]: '100000\n',
    },
    undefined,
  ],
  ['lines that are none', { '/proc/self/cgroup': '\0\n::\n0:/x', [`${GROUP}/cpu.max`]: '' }, undefined],
])('control groups: %s', async (_, files, expected) => {
  expect(await processorQuota(async (path) => files[path])).toBe(expected);
});

describe('what is looked at', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-doctor-'))));
  afterEach(() => rm(folder, { recursive: true }));

  test('a compiler is looked for where the current folder does not matter', async () => {
    await writeFile(join(folder, 'cc'), '', { mode: 0o755 });
    expect(await findCompiler({ PATH: folder })).toBe(join(folder, 'cc'));
    expect(await findCompiler({ PATH: '.:node_modules/.bin:' })).toBeNull();
    await writeFile(join(folder, 'mine'), '', { mode: 0o755 });
    expect(await findCompiler({ PATH: folder, CC: 'mine' })).toBe(join(folder, 'mine'));
  });

  test('the packages of this installation are all of one version', async () => {
    const { packages, missingPackages, peers } = await packageFacts(
      fileURLToPath(new URL('../../..', import.meta.url)),
    );
    expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['@attune/cli', '@attune/core']));
    expect(new Set(packages.map(({ version }) => version)).size).toBe(1);
    expect(missingPackages).toEqual([]);
    expect(peers.map(({ name }) => name)).toContain('onnxruntime-node');
  });

  test.each([
    ['no lock', undefined, undefined],
    ['the lock of a process that ended', { pid: 2 ** 22 + 1, host: hostname(), began: null }, 'gone'],
    ['the lock of another machine', { pid: 1, host: 'elsewhere', began: null }, 'unknown'],
  ])('a run with %s', async (_, lock, state) => {
    await writeFile(join(folder, 'run.json'), '{}');
    if (lock) await writeFile(join(folder, 'run.lock'), JSON.stringify(lock));
    const facts = await runFacts(folder);
    expect(facts).toMatchObject({ isRun: true, ...(state && { lock: { state } }) });
  });

  test('the hub is asked without a token, and its clock is read', async () => {
    const headers: Record<string, unknown>[] = [];
    const server = createServer((request, response) => {
      headers.push(request.headers);
      response.writeHead(401, { date: 'Fri, 01 Jan 2027 00:00:00 GMT' }).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const facts = await hubFacts({ HF_ENDPOINT: endpoint, HF_TOKEN: 'hf_secret' });
    await new Promise((done) => server.close(done));
    expect(facts).toEqual({ endpoint, status: 401, date: Date.UTC(2027, 0, 1) });
    expect(JSON.stringify(headers)).not.toContain('hf_secret');
    expect(await hubFacts({ HF_ENDPOINT: endpoint })).toMatchObject({ endpoint, reason: 'ECONNREFUSED' });
    expect(await hubFacts({ HF_ENDPOINT: 'http://a:b@c' })).toMatchObject({ endpoint: 'HF_ENDPOINT' });
  });
});
