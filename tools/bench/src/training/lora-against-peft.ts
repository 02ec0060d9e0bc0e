/**
 * LoRA steps here and in peft in turn, each in a fresh process: times, and peaks of memory. Prints one JSON object, and a row in
 * Markdown to stderr.
 *
 *     node tools/bench/dist/training/lora-against-peft.js --threads 2 --rounds 5
 *
 *     python3 tools/reference/bench_lora.py --write-llama /tmp/llama-1b
 *     node tools/bench/dist/training/lora-against-peft.js --threads 2 --rounds 1 --steps 3 --model /tmp/llama-1b
 *
 * A model's base is in bf16 on both sides.
 */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median } from '../median.js';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    warmup: { type: 'string', default: '2' },
    steps: { type: 'string', default: '8' },
    model: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    'chunk-tokens': { type: 'string' },
    'gradient-checkpointing': { type: 'boolean', default: false },
  },
});
const { model, threads } = values;

interface Report {
  readonly stepMs: { readonly median: number; readonly min: number };
  readonly peakRssMb: number;
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const same = ['--threads', threads, '--warmup', values.warmup, '--steps', values.steps];
const checkpointing = values['gradient-checkpointing'] ? ['--gradient-checkpointing'] : [];
const chunks = values['chunk-tokens'] === undefined ? [] : ['--chunk-tokens', values['chunk-tokens']];
const sides: Readonly<Record<string, readonly [string, ...string[]]>> = {
  attune: [
    process.execPath,
    pathOf('./lora-step.js'),
    ...[...chunks, ...checkpointing],
    ...(model === undefined ? [] : ['--model', model, '--frozen', 'bf16']),
  ],
  peft: [
    values.python,
    pathOf('../../../reference/bench_lora.py'),
    ...checkpointing,
    ...(model === undefined ? [] : ['--model', model, '--dtype', 'bfloat16']),
  ],
};

const reports: Record<string, Report[]> = { attune: [], peft: [] };
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [side, [command, ...args]] of Object.entries(sides)) {
    const { stdout } = await promisify(execFile)(command, [...args, ...same]);
    reports[side]!.push(JSON.parse(stdout.trim().split('\n').at(-1)!) as Report);
  }
}
const summary = Object.fromEntries(
  Object.entries(reports).map(([side, all]) => [
    side,
    {
      stepMs: median(all.map(({ stepMs }) => stepMs.median)),
      best: Math.min(...all.map(({ stepMs }) => stepMs.min)),
      peakRssMb: Math.max(...all.map(({ peakRssMb }) => peakRssMb)),
    },
  ]),
);
/** Bytes of a model's weights as they lie on disk. */
const weightsMb =
  model === undefined
    ? undefined
    : readdirSync(model)
        .filter((name) => name.endsWith('.safetensors'))
        .reduce((sum, name) => sum + statSync(join(model, name)).size / 1e6, 0);
const { attune, peft } = summary;
const ratio = {
  time: attune!.stepMs / peft!.stepMs,
  memory: attune!.peakRssMb / peft!.peakRssMb,
  ...(weightsMb !== undefined && { memoryOfWeights: attune!.peakRssMb / weightsMb }),
};
const cells = [attune!, peft!].flatMap(({ stepMs, peakRssMb }) => [
  `${stepMs.toFixed(0)} ms`,
  `${peakRssMb.toFixed(0)} MB`,
]);
console.error(
  `| LoRA, rank 8, ${model === undefined ? '124M, f32' : '1B, bf16'} | ${cells.join(' | ')} | ${ratio.time.toFixed(2)} | ${ratio.memory.toFixed(2)} |`,
);
console.log(
  JSON.stringify(
    { processor: cpus()[0]?.model, threads: Number(threads), weightsMb, ...summary, ratio, reports },
    null,
    2,
  ),
);
