/**
 * Holds the predictions of `attune plan` against runs: sizes S, M and 124M, all weights, the upper layers and LoRA. Each cell is
 * planned, then trained for some steps by the command in a process of its own. Prints the table of docs/benchmarks.md, a
 * row as soon as it is measured, and keeps all figures in a file, which is written anew after each cell.
 *
 *     node tools/bench/dist/plan/plan-accuracy.js --backend cpu --threads 2 --out accuracy.json
 *     node tools/bench/dist/plan/plan-accuracy.js --sizes S,M --methods full
 *
 * Some six minutes for all nine on a quiet machine. Models have random weights, rows are full (256 tokens, one row a step), and
 * nothing is evaluated or sampled. Linux only: the peak of memory is VmHWM, as `/usr/bin/time -v` tells it.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../median.js';
import { writeStandIn } from './stand-in-models.js';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: 'S,M,124M' },
    methods: { type: 'string', default: 'full,freeze,lora' },
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string' },
    /** The first one, which compiles, is not among those of the median. */
    steps: { type: 'string', default: '21' },
  },
});

/** Blocks that `freeze` leaves as they are, with the embeddings. */
const FROZEN_BLOCKS: Readonly<Record<string, string>> = { S: '2', M: '3', '124M': '10' };

const METHODS: Readonly<Record<string, (size: string) => readonly string[]>> = {
  full: () => ['--method', 'full'],
  freeze: (size) => ['--method', 'freeze', '--freeze-layers', FROZEN_BLOCKS[size]!],
  lora: () => ['--method', 'lora', '--lora-rank', '8', '--target-modules', 'c_attn'],
};

const cli = fileURLToPath(new URL('../../../../apps/cli/bin/attune.js', import.meta.url));

/** Runs a command of attune; its output, and the peak of its memory in bytes as the system tells it. */
async function attune(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly output: string; readonly peakBytes: number }> {
  const child = spawn(process.execPath, [cli, '--threads', values.threads, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, faults, peakBytes] = ['', '', 0];
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (faults += String(data)));
  const timer = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) =>
        (peakBytes = Math.max(peakBytes, 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0))),
      // It has ended.
      () => undefined,
    );
  }, 20);
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(timer);
  if (code !== 0) throw new Error(`attune ${args.join(' ')}: ${faults}`);
  return { output, peakBytes };
}

interface PlanOutput {
  readonly backends: readonly [
    {
      readonly memory: { readonly resident: { readonly peak: number } };
      readonly time: { readonly stepMs: number; readonly basis: string };
    },
  ];
}

const percent = (error: number) => `${error > 0 ? '+' : ''}${(100 * error).toFixed(1)} %`;

async function measure(size: string, method: string, folder: string, rows: string, env: NodeJS.ProcessEnv) {
  const run = join(folder, `${size}-${method}`);
  const flags = [
    ...['--model', join(folder, size), '--data', rows, '--backend', values.backend, '--samples', '0'],
    ...['--max-length', '256', '--on-overlength', 'truncate', '--train-on', 'all', '--batch-size', '1'],
    ...['--max-iters', values.steps, ...METHODS[method]!(size)],
  ];
  const plan = JSON.parse(
    (await attune(['plan', 'finetune', ...flags, '--only-chosen', '--json'], env)).output,
  ) as PlanOutput;
  const [{ memory, time }] = plan.backends;
  const { peakBytes } = await attune(['finetune', ...flags, '--out', run, '--json'], env);
  const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const steps = lines.slice(1).map((line) => (JSON.parse(line) as { stepMs: number }).stepMs);
  await rm(run, { recursive: true });
  const stepMs = median(steps);
  const cell = {
    ...{ size, method, basis: time.basis },
    memory: {
      predicted: memory.resident.peak,
      measured: peakBytes,
      error: memory.resident.peak / peakBytes - 1,
    },
    step: { predicted: time.stepMs, measured: stepMs, error: time.stepMs / stepMs - 1 },
  };
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString('en-US')} MB`;
  console.log(
    `| ${size}, ${method} | ${megabytes(memory.resident.peak)} | ${megabytes(peakBytes)} | ${percent(cell.memory.error)} | ` +
      `${time.stepMs.toPrecision(3)} ms | ${stepMs.toPrecision(3)} ms | ${percent(cell.step.error)} | ${time.basis} |`,
  );
  return cell;
}

const folder = await mkdtemp(join(tmpdir(), 'attune-accuracy-'));
try {
  // Times that earlier plans kept are not to count.
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
  const rows = join(folder, 'rows.jsonl');
  const text = 'All that a row has more than the plan takes is cut off. '.repeat(30);
  await writeFile(rows, `${JSON.stringify({ prompt: 'Say it.', completion: text })}\n`.repeat(32));
  console.log(
    '| size, method | peak, predicted | peak | error | step, predicted | median step | error | time |',
  );
  console.log(
    '| ------------ | --------------- | ---- | ----- | --------------- | ----------- | ----- | ---- |',
  );
  const cells: Awaited<ReturnType<typeof measure>>[] = [];
  const worst = (of: 'memory' | 'step') => Math.max(...cells.map((cell) => Math.abs(cell[of].error)));
  for (const size of values.sizes.split(',')) {
    await writeStandIn(size, join(folder, size));
    for (const method of values.methods.split(',')) {
      cells.push(await measure(size, method, folder, rows, env));
      const figures = { cells, worst: { memory: worst('memory'), step: worst('step') } };
      if (values.out) await writeFile(values.out, `${JSON.stringify(figures, null, 2)}\n`);
    }
    await rm(join(folder, size), { recursive: true });
  }
  console.log(`\nLargest errors: peak ${percent(worst('memory'))}, step ${percent(worst('step'))}.`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
