import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMpi } from './open-mpi.js';
import { probeMpi } from './probe-mpi.js';

const script = fileURLToPath(new URL('./testing/ranks.mjs', import.meta.url));

const isThere = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** The launchers of Debian's packages, which are installed side by side. */
const launchers = [
  ['Open MPI', 'mpirun.openmpi', ['--oversubscribe', '--allow-run-as-root']],
  ['MPICH', 'mpirun.mpich', []],
] as const;

interface Ended {
  readonly code: number | string | null | undefined;
  /** The lines that ranks print, sorted: ranks print in any order. */
  readonly lines: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

/** The lines that ranks have printed. */
const linesOf = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('rank'));

/**
 * Runs a program, and waits until it ends.
 *
 * @param enough lines of ranks after which it is told to end.
 */
function run(
  program: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
  enough = Infinity,
): Promise<Ended> {
  // jest's own options are not for the ranks.
  const { NODE_OPTIONS: _, ...env } = { ...process.env, ...more };
  return new Promise((resolve) => {
    const options = { env, timeout: 150_000, killSignal: 'SIGKILL' } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error ? (error.code ?? error.signal) : 0;
      resolve({ code, lines: linesOf(stdout).sort(), stdout, stderr });
    });
    let printed = '';
    child.stdout!.on('data', (text: string) => {
      printed += text;
      if (linesOf(printed).length >= enough) child.kill('SIGTERM');
    });
  });
}

describe.each(launchers)('%s', (name, program, options) => {
  // Shown as skipped where the launcher is not installed.
  const onLauncher = isThere(program) ? test : test.skip;
  /** Runs a scenario on as many ranks, from what is built. */
  const scenario = (ranks: number, what: string, enough?: number) =>
    run(program, [...options, '-n', `${ranks}`, process.execPath, script, what], {}, enough);

  onLauncher.each([2, 3])(
    '%i ranks make of every call what ranks in one process make of it',
    async (ranks) => {
      const { code, lines, stderr } = await scenario(ranks, 'calls');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(lines).toEqual(
        Array.from({ length: ranks }, (_, rank) =>
          expect.stringMatching(
            new RegExp(`^rank ${rank}: ${name} \\d\\S*, ${ranks} ranks on 1 host: DISPOSED$`),
          ),
        ),
      );
    },
  );

  onLauncher('ranks that ask for different things are told, and so are the others', async () => {
    const { lines } = await scenario(3, 'disagree', 3);
    expect(lines).toEqual([0, 1, 2].map((rank) => expect.stringMatching(`^rank ${rank}: RANKS_DISAGREE : `)));
  });

  onLauncher('abort ends all ranks with its exit code, and says who and why', async () => {
    const { code, stderr } = await scenario(3, 'aborted');
    expect(code).toBe(7);
    expect(stderr).toMatch(/^attune: rank 1 of 3 on \S+ ends all ranks: the loss is not a number$/m);
  });

  onLauncher('a rank that is killed takes the task down', async () => {
    expect((await scenario(3, 'killed')).code).not.toBe(0);
  });

  onLauncher('a rank that ends by itself is named', async () => {
    const { code, lines } = await scenario(3, 'exits');
    expect(code).not.toBe(0);
    for (const line of lines) expect(line).toMatch(/: RANK_LOST 1: Rank 1 on \S+ ended without/);
  });

  onLauncher('a rank that gives no sign of life is named, though another computes all the time', async () => {
    const { code, lines } = await scenario(3, 'stopped');
    expect(code).not.toBe(0);
    expect(lines.filter((line) => !line.startsWith('rank 1'))).toContainEqual(
      expect.stringMatching(/^rank \d: RANK_LOST 1: Rank 1 on \S+ has given no sign of life for \d+ s/),
    );
  });
});

const onAny = launchers.some(([, program]) => isThere(program)) ? test : test.skip;

onAny('a process on its own is one rank', async () => {
  const { code, lines } = await run(process.execPath, [script, 'calls']);
  expect({ code, lines }).toEqual({
    code: 0,
    lines: [expect.stringMatching(', 1 rank on 1 host: DISPOSED$')],
  });
});

onAny('processes that a launcher started, but MPI does not know of, do not run each by itself', async () => {
  const { code, lines } = await run(process.execPath, [script, 'calls'], { SLURM_STEP_NUM_TASKS: '4' });
  const refused = /^rank: RANKS_DISAGREE: Slurm's srun started 4 processes, but .* knows of 1\./;
  expect({ code, lines }).toEqual({ code: 6, lines: [expect.stringMatching(refused)] });
});

const onMpich = isThere('mpirun.mpich') ? test : test.skip;

// Debian's MPICH sends by UCX.
onMpich('UCX leaves the heap alone, which other threads use, unless the user says otherwise', async () => {
  const ranks = async (more: NodeJS.ProcessEnv, place: string) => {
    const args = ['-n', '2', process.execPath, script, 'calls', place];
    const environment = { UCX_MEM_LOG_LEVEL: 'debug', ...more };
    const { code, stdout, lines } = await run('mpirun.mpich', args, environment);
    return { code, hooksHeap: /installing .*hook for sbrk/.test(stdout), lines };
  };
  // A worker's process.env is not what UCX reads.
  const inWorker = await ranks({}, 'in-worker');
  expect(inWorker).toMatchObject({ code: 0, hooksHeap: false });
  expect(await ranks({ UCX_MEM_EVENTS: 'yes' }, '')).toMatchObject({ hooksHeap: true });
  // UCX has a thread of its own, which runs the library's code.
  expect(inWorker.lines.filter((line) => line.endsWith(' loaded'))).toEqual(
    Array.from({ length: 2 }, () => 'rank: the library is loaded'),
  );
});

test('a library that is not there, or that is named by chance, is not loaded', async () => {
  const environment = { ATTUNE_MPI_LIBRARY: '/nowhere/libmpi.so' };
  expect(await probeMpi(environment)).toMatchObject({ available: false });
  await expect(openMpi({ library: 'libmpi.so' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(openMpi({ timeout: 3 } as object)).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
  await expect(openMpi({ timeoutSeconds: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});
