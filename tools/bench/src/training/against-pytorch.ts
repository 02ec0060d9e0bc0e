/**
 * Times training steps here and in PyTorch in turn, ours, PyTorch's, ours, …, so that a machine whose speed drifts is the
 * same to both, and prints one JSON object: the median step of every round, and the ratios ours / PyTorch's pair by pair.
 *
 *     node tools/bench/dist/training/against-pytorch.js --size S --backend cpu --threads 2 --rounds 7
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median } from '../median.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'S' },
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string', default: '2' },
    engine: { type: 'string' },
    isa: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    warmup: { type: 'string', default: '10' },
    steps: { type: 'string', default: '30' },
    python: { type: 'string', default: 'python3' },
    /** These two are our side's alone: PyTorch's has neither. */
    'chunk-tokens': { type: 'string' },
    'gradient-checkpointing': { type: 'boolean', default: false },
  },
});

/** The numbers of both sides' reports. */
interface Report {
  readonly stepMs: { readonly median: number; readonly min: number };
  readonly peakRssMb: number;
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const { size, threads, warmup, steps } = values;
/** The engine that is measured, and how memory is saved, where it is not the default. */
const chosen = [
  ...(['engine', 'isa', 'chunk-tokens'] as const).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`--${name}`, value];
  }),
  ...(values['gradient-checkpointing'] ? ['--gradient-checkpointing'] : []),
];
const measured = ['--size', size, '--threads', threads, '--warmup', warmup, '--steps', steps];

async function measure(command: string, script: string, more: readonly string[] = []): Promise<Report> {
  const { stdout } = await promisify(execFile)(command, [pathOf(script), ...measured, ...more]);
  return JSON.parse(stdout) as Report;
}

const rounds: { ours: number; pytorch: number; ratio: number }[] = [];
const best = { ours: Infinity, pytorch: Infinity };
const peakRssMb = { ours: 0, pytorch: 0 };
for (let round = 1; round <= Number(values.rounds); round++) {
  const ours = await measure(process.execPath, './train-step.js', ['--backend', values.backend, ...chosen]);
  const pytorch = await measure(values.python, '../../../reference/bench_nanogpt.py');
  rounds.push({
    ours: ours.stepMs.median,
    pytorch: pytorch.stepMs.median,
    ratio: ours.stepMs.median / pytorch.stepMs.median,
  });
  for (const [side, report] of Object.entries({ ours, pytorch }) as ['ours' | 'pytorch', Report][]) {
    best[side] = Math.min(best[side], report.stepMs.min);
    peakRssMb[side] = Math.max(peakRssMb[side], report.peakRssMb);
  }
  const { ours: a, pytorch: b, ratio } = rounds.at(-1)!;
  console.error(`round ${round}: ${a.toFixed(1)} / ${b.toFixed(1)} ms, ${ratio.toFixed(3)}`);
}
const ratios = rounds.map(({ ratio }) => ratio);
console.log(
  JSON.stringify(
    {
      size,
      backend: values.backend,
      threads: Number(threads),
      /** Medians over the rounds of each round's median step. */
      stepMs: {
        ours: median(rounds.map(({ ours }) => ours)),
        pytorch: median(rounds.map(({ pytorch }) => pytorch)),
      },
      ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
      /** The fastest step of all. */
      best,
      peakRssMb,
      rounds,
    },
    null,
    2,
  ),
);
