/**
 * Times training steps on 2 ranks of 1 thread beside 1 process of 2 threads, on the same global batch, here and in PyTorch
 * (DDP over gloo), in turn, so that a machine whose speed drifts is the same to all. Prints one JSON object. Needs an MPI, and
 * PyTorch unless `--no-pytorch` is given.
 *
 *     node tools/bench/dist/distributed/against-ddp.js --size M --rounds 5
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { sizeOf } from '../training/gpt-options.js';
import { median } from '../median.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'M' },
    backend: { type: 'string', default: 'cpu' },
    batch: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '5' },
    steps: { type: 'string', default: '20' },
    ranks: { type: 'string', default: '2' },
    'no-pytorch': { type: 'boolean', default: false },
    'split-waiting': { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    mpirun: { type: 'string', default: 'mpirun' },
    /** Open MPI binds each of two ranks to one core by default, with all of its threads: MPI's is one of them. */
    'mpirun-args': { type: 'string', default: '--bind-to none --oversubscribe --allow-run-as-root' },
  },
});

/** The numbers of every report. */
interface Report {
  readonly stepMs: { readonly median: number };
  readonly peakRssMb: number;
  readonly loss: { readonly first: number; readonly last: number };
  readonly reduceShare?: number;
  readonly communicatorMs?: Readonly<Record<string, number>>;
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const { size, warmup, steps, ranks, python, mpirun } = values;
const batch = values.batch ?? String(Math.max(sizeOf(size).batchSize, Number(ranks)));
const measured = ['--size', size, '--batch', batch, '--warmup', warmup, '--steps', steps];
const [ours, theirs] = [pathOf('./step.js'), pathOf('../../../reference/bench_ddp.py')];

const alone = (threads: string): readonly [string, ...string[]] => [
  ...([process.execPath, ours] as const),
  ...[...measured, '--backend', values.backend, '--threads', threads],
];
const distributed = [
  ...['-n', ranks, ...values['mpirun-args'].split(' ').filter(Boolean), ...alone('1')],
  ...(values['split-waiting'] ? ['--split-waiting'] : []),
];
const torch = (processes: string, threads: string): readonly [string, ...string[]] => [
  ...([python, theirs] as const),
  ...[...measured, '--ranks', processes, '--threads', threads],
];
const contenders: Readonly<Record<string, readonly [string, ...string[]]>> = {
  ranks: [mpirun, ...distributed],
  /** The optimizer's tensors on one rank each: what each rank updates is less, and as many bytes travel. */
  sharded: [mpirun, ...distributed, '--shard-optimizer'],
  threads: alone(ranks),
  thread: alone('1'),
  ...(!values['no-pytorch'] && {
    ddp: torch(ranks, '1'),
    torchThreads: torch('1', ranks),
    torchThread: torch('1', '1'),
  }),
};

async function measure([command, ...args]: readonly [string, ...string[]]): Promise<Report> {
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as Report;
}

const rounds: Record<string, Report>[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const reports: Record<string, Report> = {};
  for (const [name, command] of Object.entries(contenders)) reports[name] = await measure(command);
  rounds.push(reports);
  const times = Object.entries(reports).map(([name, { stepMs }]) => `${name} ${stepMs.median.toFixed(1)}`);
  console.error(`round ${round}: ${times.join(', ')} ms`);
}

const stepMs = (name: string) => rounds.map((reports) => reports[name]!.stepMs.median);
/** A ratio of step times, round by round. */
const ratio = (name: string, to: string, factor = 1) => {
  const ratios = rounds.map((each) => (each[name]!.stepMs.median / each[to]!.stepMs.median) * factor);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
};
const last = rounds.at(-1)!;
console.log(
  JSON.stringify(
    {
      size,
      globalBatch: Number(batch),
      ranks: Number(ranks),
      backend: values.backend,
      /** Medians over the rounds of each round's median step. */
      stepMs: Object.fromEntries(Object.keys(contenders).map((name) => [name, median(stepMs(name))])),
      /** Time of one process with as many threads as there are ranks, over that of the ranks. */
      efficiency: ratio('threads', 'ranks'),
      shardedEfficiency: ratio('threads', 'sharded'),
      /** Time of one thread over that of the ranks, by their number: 1 where each rank adds a whole one. */
      efficiencyToOneThread: ratio('thread', 'ranks', 1 / Number(ranks)),
      ...(!values['no-pytorch'] && {
        ddpEfficiency: ratio('torchThreads', 'ddp'),
        ddpEfficiencyToOneThread: ratio('torchThread', 'ddp', 1 / Number(ranks)),
        oursToDdp: ratio('ranks', 'ddp'),
      }),
      reduceShare: median(rounds.map(({ ranks: each }) => each!.reduceShare!)),
      communicatorMs: last['ranks']!.communicatorMs,
      /** Those of one side agree, up to rounding, as long as it does the same work. */
      loss: Object.fromEntries(Object.entries(last).map(([name, { loss }]) => [name, loss])),
      peakRssMb: Object.fromEntries(Object.entries(last).map(([name, each]) => [name, each.peakRssMb])),
      rounds: rounds.map((each) =>
        Object.fromEntries(Object.entries(each).map(([name, report]) => [name, report.stepMs.median])),
      ),
    },
    null,
    2,
  ),
);
