/**
 * Times sums over 2 ranks: ours and MPI_Allreduce on each MPI there is, over shared memory and over TCP, and gloo's. Prints one
 * JSON object: by what was measured, the median time of each size and the bytes summed in a second. An MPI that is not
 * installed is left out, with the reason.
 *
 *     node tools/bench/dist/distributed/all-reduce.js --bytes 8,43000000,500000000
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '8,43000000,500000000' },
    ranks: { type: 'string', default: '2' },
    python: { type: 'string', default: 'python3' },
  },
});
const sizes = values.bytes.split(',');
const run = promisify(execFile);
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const [rankProgram, source] = [pathOf('./all-reduce-rank.js'), pathOf('../../src/distributed/all-reduce.c')];

/** An MPI by Debian's names, and how its mpirun is told to use TCP alone. */
const implementations = [
  {
    name: 'Open MPI',
    suffix: 'openmpi',
    arguments: ['--bind-to', 'none', '--oversubscribe', '--allow-run-as-root'],
    tcp: ['--mca', 'pml', 'ob1', '--mca', 'btl', 'self,tcp', '--mca', 'btl_tcp_if_include', 'lo'],
  },
  {
    name: 'MPICH',
    suffix: 'mpich',
    arguments: [],
    // It sits on UCX or on libfabric.
    tcp: ['MPIR_CVAR_NOLOCAL=1', 'UCX_TLS=tcp,self', 'FI_PROVIDER=tcp'].flatMap((setting) => [
      ...['-genv', setting.slice(0, setting.indexOf('=')), setting.slice(setting.indexOf('=') + 1)],
    ]),
  },
] as const;

const results: Record<string, unknown> = {};
async function measure(name: string, command: string, args: readonly string[]): Promise<void> {
  try {
    const { stdout } = await run(command, args);
    results[name] = (JSON.parse(stdout) as { allReduce: unknown }).allReduce;
  } catch (error) {
    results[name] = `not measured: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`;
  }
  console.error(name, JSON.stringify(results[name]));
}

const folder = await mkdtemp(join(tmpdir(), 'attune-bench-'));
try {
  for (const { name, suffix, arguments: always, tcp } of implementations) {
    const native = join(folder, suffix);
    const compiled = await run(`mpicc.${suffix}`, ['-O3', source, '-o', native]).then(
      () => true,
      () => false,
    );
    for (const [network, more] of [
      ['shared memory', []],
      ['TCP', tcp],
    ] as const) {
      const start = ['-n', values.ranks, ...always, ...more];
      const place = `${name}, ${network}`;
      await measure(`attune: ${place}`, `mpirun.${suffix}`, [
        ...start,
        process.execPath,
        rankProgram,
        ...sizes,
      ]);
      if (compiled)
        await measure(`MPI_Allreduce: ${place}`, `mpirun.${suffix}`, [...start, native, ...sizes]);
    }
  }
  const gloo = pathOf('../../../reference/bench_ddp.py');
  await measure('gloo, TCP', values.python, [gloo, '--all-reduce', ...sizes, '--ranks', values.ranks]);
} finally {
  await rm(folder, { recursive: true });
}
console.log(JSON.stringify(results, null, 2));
