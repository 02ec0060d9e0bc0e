/**
 * Measures what the presets cost, each in a process of its own through the command line, and prints
 * `packages/runs/src/presets/preset-costs.ts` with the figures, to be written there as it is:
 *
 *     node tools/bench/dist/plan/preset-costs.js --text tinyshakespeare.txt > costs.ts
 *     node tools/bench/dist/plan/preset-costs.js --text tinyshakespeare.txt --only smollm-lora,qwen-lora --machine "2 cores of …"
 *
 * The stories and the small run on characters go to their end (some minutes). Of the others, a few steps are timed, and the time to
 * finish is theirs times the steps. Where the preset wants weights of the hub, a model of the same shape with random weights stands
 * in, with a token for each byte and rows longer than the most tokens that are taken: time and memory of full rows, and no loss. Linux only: the peak of memory is
 * VmHWM.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { presetCosts, presets, type MeasuredCost, type Preset, type PresetCost } from '@attune/runs';
import { median } from '../median.js';
import { isStandIn, writeStandIn } from './stand-in-models.js';

const { values } = parseArgs({
  options: {
    /** Tiny Shakespeare, or any text. */
    text: { type: 'string' },
    only: { type: 'string', default: Object.keys(presets).join(',') },
    /** Steps that are timed, after one that is not, of those that do not go to their end. */
    steps: { type: 'string', default: '5' },
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string', default: '2' },
    machine: { type: 'string' },
  },
});

/** These go to their end. */
const WHOLE = ['stories', 'shakespeare-char-cpu'];
const SKIPPED: Readonly<Record<string, string>> = {
  'gpt2-124m': 'it is for a large GPU: 491,520 tokens a step are about half an hour on two CPU cores',
};
const NO_WEIGHTS = 'the weights were random, at the same shape';
const NO_END = 'the run was not taken to its end';

const cli = fileURLToPath(new URL('../../../../apps/cli/bin/attune.js', import.meta.url));
const peakOf = async (pid: number) => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
};

/** Runs a command; the peak of its memory, in bytes, and how long it took. */
async function attune(
  args: readonly string[],
): Promise<{ readonly peakBytes: number; readonly seconds: number }> {
  const begin = performance.now();
  const child = spawn(process.execPath, [cli, '--threads', values.threads, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let [faults, peakBytes] = ['', 0];
  child.stderr.on('data', (data) => (faults += String(data)));
  // The peak never falls: what is read last is the peak of all.
  const timer = setInterval(
    () => void peakOf(child.pid!).then((peak) => (peakBytes = Math.max(peak, peakBytes))),
    50,
  );
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(timer);
  if (code !== 0) throw new Error(`attune ${args.join(' ')}: ${faults}`);
  return { peakBytes, seconds: (performance.now() - begin) / 1000 };
}

interface Line {
  readonly stepMs: number;
  readonly valLoss?: number;
}

const machine =
  values.machine ??
  `${values.threads} cores of ${cpus()[0]!.model.trim()}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.versions.node.split('.').slice(0, 2).join('.')}`;
const rounded = (value: number) => Number(value.toPrecision(3));

/** Makes what the command of a preset needs beside its name. */
async function inputsOf(name: string, preset: Preset, folder: string): Promise<string[]> {
  if (preset.command === 'finetune') {
    const [model, rows] = [join(folder, 'model'), join(folder, 'rows.jsonl')];
    await writeStandIn(name, model);
    const text = 'All that a row has more than the preset takes is cut off. '.repeat(30);
    const row = JSON.stringify({ prompt: 'Say it.', completion: text });
    await writeFile(rows, `${row}\n`.repeat(32));
    return ['--model', model, '--data', rows, '--samples', '0'];
  }
  if (name === 'stories') return [];
  if (values.text === undefined) throw new Error(`${name} needs --text, a text file.`);
  const data = join(folder, 'data');
  await attune(['prepare', values.text, '--out', data]);
  return ['--data', data];
}

async function measure(name: string, preset: Preset): Promise<PresetCost> {
  const skipped = SKIPPED[name];
  if (skipped !== undefined) return { notMeasured: skipped };
  const folder = await mkdtemp(join(tmpdir(), 'attune-preset-'));
  try {
    const run = join(folder, 'run');
    const inputs = await inputsOf(name, preset, folder);
    const isWhole = WHOLE.includes(name);
    const short = isWhole ? [] : ['--max-iters', String(1 + Number(values.steps)), '--eval-interval', '0'];
    const evals = isWhole || preset.command === 'finetune' ? [] : ['--eval-iters', '1'];
    const decay =
      isWhole || !('lrDecayIters' in preset.values) ? [] : ['--lr-decay-iters', String(preset.steps)];
    const flags = ['--backend', values.backend, ...short, ...evals, ...decay];
    const { peakBytes, seconds } = await attune([
      preset.command,
      '--preset',
      name,
      ...inputs,
      ...flags,
      '--out',
      run,
      '--json',
    ]);
    const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    // The first step compiles.
    const times = lines.slice(1).map(({ stepMs }) => stepMs / 1000);
    const secondsPerStep = rounded(median(times));
    const { valLoss } = lines.at(-1)!;
    const cost: MeasuredCost = {
      machine,
      date: new Date().toISOString().slice(0, 10),
      command: `node tools/bench/dist/plan/preset-costs.js --only ${name}${name.startsWith('shakespeare') ? ' --text tinyshakespeare.txt' : ''}`,
      stepsTimed: times.length,
      secondsPerStep,
      secondsToFinish: isWhole ? Math.round(seconds) : rounded(secondsPerStep * preset.steps),
      estimated: !isWhole,
      peakBytes: rounded(peakBytes),
      validationLoss:
        isWhole && valLoss !== undefined
          ? Number(valLoss.toFixed(4))
          : { notMeasured: isStandIn(name) ? NO_WEIGHTS : NO_END },
    };
    return cost;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const only = values.only.split(',');
const costs: Record<string, PresetCost> = {};
for (const [name, preset] of Object.entries(presets)) {
  const kept = presetCosts[name];
  if (!only.includes(name)) {
    if (kept) costs[name] = kept;
    continue;
  }
  costs[name] = await measure(name, preset);
  console.error(name, JSON.stringify(costs[name]));
}
console.log(`import type { PresetCost } from './preset.js';

/**
 * The costs of the presets, by name. Printed by \`node tools/bench/dist/plan/preset-costs.js\`: replace it all, on a machine that does
 * nothing else.
 */
export const presetCosts: Readonly<Record<string, PresetCost>> = ${JSON.stringify(costs, null, 2)};`);
