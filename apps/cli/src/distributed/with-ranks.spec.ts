import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AttuneError, localCommunicators, type Communicator } from '@attune/core';
import type { World } from '../environment/context.js';
import { runAttune } from '../testing/run-attune.js';
import { serveAsHub } from '../testing/tiny-hub.js';
import { isFollower } from './follower-output.js';
import { bindingHint, threadsOfRank } from './rank-threads.js';

const commands = ['pretrain', 'finetune', 'doctor'];
const env = { OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_RANK: '1' };

test('the launcher says who prints before MPI is asked', () => {
  const follows = (...args: string[]) => isFollower(args, { env, commands });
  expect(follows('pretrain', '--no-such-flag')).toBe(true);
  expect(follows('--threads', '2', 'finetune')).toBe(true);
  expect(follows('pretrain', '--distributed', 'none')).toBe(false);
  expect(follows('pretrain', '--distributed=none')).toBe(false);
  expect(follows('doctor')).toBe(false);
  expect(isFollower(['pretrain'], { env: { ...env, OMPI_COMM_WORLD_RANK: '0' }, commands })).toBe(false);
  expect(isFollower(['pretrain'], { env: {}, commands })).toBe(false);
});

test('ranks share the processors that they may run on, and have one thread at least', () => {
  expect(threadsOfRank({ available: 16, sharing: 4, ofMachine: 16 })).toBe(4);
  expect(threadsOfRank({ available: 2, sharing: 3, ofMachine: 2 })).toBe(1);
  // Each bound to processors of its own.
  expect(threadsOfRank({ available: 4, sharing: 1, ofMachine: 16 })).toBe(4);
});

test('a launcher that leaves processors unused is told of', () => {
  expect(bindingHint({ available: 1, sharing: 1, ofMachine: 64 }, 2)).toContain('to 1 of 64 processors');
  expect(bindingHint({ available: 32, sharing: 1, ofMachine: 64 }, 2)).toBeUndefined();
  expect(bindingHint({ available: 64, sharing: 2, ofMachine: 64 }, 2)).toBeUndefined();
});

/** Runs a command on ranks in this process. */
const onRanks = (
  args: readonly string[] | ((rank: number) => readonly string[]),
  size: number,
  started = size,
  more: World['env'] = {},
) =>
  Promise.all(
    localCommunicators(size).map((communicator) => {
      const world: Partial<World> = {
        env: {
          ...more,
          OMPI_COMM_WORLD_SIZE: String(started),
          OMPI_COMM_WORLD_RANK: String(communicator.rank),
        },
        openMpi: async () => communicator,
      };
      return runAttune(typeof args === 'function' ? args(communicator.rank) : args, world);
    }),
  );

const MISSING = ['pretrain', '--data', '/no/such/folder', '--backend', 'reference', '--out', '/no/such/run'];

test('an error of all is told by rank 0, and all end with its exit code', async () => {
  const [first, second] = await onRanks(MISSING, 2);
  expect(first).toMatchObject({ code: 4, stderr: expect.stringMatching(/^error FILE_NOT_FOUND: /m) });
  expect(second).toMatchObject({ code: 4, stdout: '', stderr: '' });
});

test.each([
  ['another folder', ['--out', 'b'], '--out b'],
  ['a run to go on with', ['--resume', 'a'], '--resume a'],
  ['no folder', [], 'no folder'],
])('a rank that was started with %s says so before anything is read', async (_, flags, named) => {
  const [first, second] = await onRanks(
    (rank) => ['pretrain', '--data', '/no/such/folder', ...(rank === 0 ? ['--out', 'a'] : flags)],
    2,
  );
  expect(first).toEqual({ code: 3, stdout: '', stderr: '' });
  expect(second!.stderr).toContain(
    `rank 1 on ${hostname()}: error RANKS_DISAGREE: The ranks would not work on the same run: ` +
      `here it is ${named}, but --out a on rank 0.`,
  );
  expect(second!.code).toBe(3);
});

test('two names of one folder are the same', async () => {
  const ends = await onRanks((rank) => [...MISSING.slice(0, -1), ['a', './a', resolve('a')][rank]!], 3);
  expect(ends[0]!.stderr).toContain('FILE_NOT_FOUND');
  expect(ends.map(({ code }) => code)).toEqual([4, 4, 4]);
});

test('a launcher that started other processes than MPI knows of is an error', async () => {
  const [first, second] = await onRanks(MISSING, 2, 4);
  expect(first!.stderr).toContain("Open MPI's mpirun started 4 processes, but MPI knows of 2");
  expect([first!.code, second!.code, second!.stderr]).toEqual([3, 3, '']);
});

test('a process on its own asks no MPI; with --distributed mpi it has to be there', async () => {
  let asked = 0;
  const openMpi = async (): Promise<Communicator> => {
    asked++;
    throw new AttuneError('COMMUNICATOR_UNAVAILABLE', 'There is no MPI.');
  };
  expect(await runAttune(MISSING, { openMpi })).toMatchObject({ code: 4 });
  // A batch script of Slurm is a process on its own.
  expect(await runAttune(MISSING, { openMpi, env: { SLURM_NTASKS: '4' } })).toMatchObject({ code: 4 });
  expect(await runAttune([...MISSING, '--distributed', 'none'], { openMpi, env })).toMatchObject({ code: 4 });
  expect(asked).toBe(0);
  const insisting = await runAttune([...MISSING, '--distributed', 'mpi'], { openMpi });
  expect(insisting).toMatchObject({ code: 3, stderr: 'error COMMUNICATOR_UNAVAILABLE: There is no MPI.\n' });
  // Never several runs on one folder.
  expect(await runAttune(MISSING, { openMpi, env: { ...env, OMPI_COMM_WORLD_RANK: '0' } })).toMatchObject({
    code: 3,
  });
});

test('a rank that cannot join the others says so, and which it is', async () => {
  const openMpi = async (): Promise<Communicator> => {
    throw new AttuneError('COMMUNICATOR_UNAVAILABLE', 'There is no MPI.');
  };
  expect(await runAttune(MISSING, { openMpi, env })).toEqual({
    code: 3,
    stdout: '',
    stderr: `rank 1 on ${hostname()}: error COMMUNICATOR_UNAVAILABLE: There is no MPI.\n`,
  });
});

test('rank 0 alone says what a dry run would write', async () => {
  const [first, second] = await onRanks([...MISSING, '--dry-run'], 2);
  expect(first!.stderr).toContain('FILE_NOT_FOUND');
  expect(second).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('rank 0 fetches a model of the hub, and the others find it in the cache', async () => {
  const fixture = (path: string) =>
    fileURLToPath(
      new URL(`../../../../packages/backend-testkit/fixtures/finetune_llama/${path}`, import.meta.url),
    );
  const folder = await mkdtemp(join(tmpdir(), 'attune-ranks-'));
  const hub = await serveAsHub(fixture('model'));
  try {
    const args = ['finetune', '--model', 'org/tiny', '--data', fixture('rows.jsonl'), '--max-iters', '1'];
    const ends = await onRanks(
      [...args, '--backend', 'reference', '--samples', '0', '--out', join(folder, 'run')],
      2,
      2,
      { HF_HUB_CACHE: join(folder, 'cache'), HF_ENDPOINT: hub.endpoint },
    );
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(ends[0]!.stderr).toContain('Fetching org/tiny');
    expect(ends[1]).toMatchObject({ stdout: '', stderr: '' });
    expect(hub.asked.filter((path) => path.endsWith('/model.safetensors'))).toHaveLength(1);
  } finally {
    await hub.close();
    await rm(folder, { recursive: true });
  }
});
