/**
 * Decoding of GPT-2 124M, batch 1, beside onnxruntime-node, transformers.js (which has the same runtime in Node) and onnxruntime-web
 * (which is its runtime in pages), in turn, each in a process of its own, with the same random weights. Prints one JSON object, and a
 * table in Markdown to stderr.
 *
 *     node tools/bench/dist/generation/decode-peers.js --folder /tmp/gpt2 --threads 2
 *
 * The folder is written when it is not there, as `attune export` writes one.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { exportDecoder } from '@attune/export-onnx';
import { writeOnnxFolder } from '@attune/export-onnx/node';
import { memoryTensors, modelConfigToHuggingFace } from '@attune/formats';
import { gpt2, initializeParameters } from '@attune/nn';
import { median } from '../median.js';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '/tmp/gpt2-124m' },
    threads: { type: 'string', default: '2' },
    tokens: { type: 'string', default: '48' },
    rounds: { type: 'string', default: '3' },
    /** Options of `decode.js` beside backend, threads and tokens, e.g. how weights are held: in one string. */
    ours: { type: 'string', default: '' },
  },
});
const { folder, threads, tokens } = values;

if (!existsSync(folder)) {
  const model = gpt2({ vocabSize: 50257, blockSize: 1024, dropout: 0 });
  await writeOnnxFolder(folder, {
    model: exportDecoder(model.config, memoryTensors(initializeParameters(model, 1))),
    config: modelConfigToHuggingFace(model.config),
  });
}

interface Report {
  readonly msPerToken: { readonly median: number; readonly min: number };
  readonly peakRssMb: number;
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const same = ['--threads', threads, '--tokens', tokens];
const ours = values.ours === '' ? [] : values.ours.split(' ');
const peer = (runtime: string) => [
  pathOf('../peers/onnx-decode.js'),
  ...['--runtime', runtime, '--folder', folder],
];
const sides: Readonly<Record<string, readonly string[]>> = {
  'attune, cpu': [pathOf('./decode.js'), '--backend', 'cpu', '--prompt', '3', ...ours],
  'onnxruntime-node': peer('onnxruntime-node'),
  'transformers.js': peer('transformers.js'),
  'attune, wasm': [pathOf('./decode.js'), '--backend', 'wasm', '--prompt', '3', ...ours],
  'onnxruntime-web': peer('onnxruntime-web'),
};

const reports: Record<string, Report[]> = {};
const faults: Record<string, string> = {};
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [side, args] of Object.entries(sides)) {
    if (side in faults) continue;
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [...args, ...same]);
      (reports[side] ??= []).push(JSON.parse(stdout.trim().split('\n').at(-1)!) as Report);
    } catch (error) {
      faults[side] = (error as { stderr?: string }).stderr?.slice(-400) ?? String(error);
    }
  }
}
const summary = Object.fromEntries(
  Object.entries(reports).map(([side, all]) => [
    side,
    {
      median: median(all.map(({ msPerToken }) => msPerToken.median)),
      min: Math.min(...all.map(({ msPerToken }) => msPerToken.min)),
      peakRssMb: Math.max(...all.map(({ peakRssMb }) => peakRssMb)),
    },
  ]),
);
console.error('| decoding 124M | ms a token: median | fastest | peak memory |\n| --- | --- | --- | --- |');
for (const [side, { median, min, peakRssMb }] of Object.entries(summary)) {
  console.error(`| ${side} | ${median.toFixed(1)} | ${min.toFixed(1)} | ${peakRssMb.toFixed(0)} MB |`);
}
const settings = { threads: Number(threads), ours: values.ours };
console.log(
  JSON.stringify({ processor: cpus()[0]?.model, ...settings, msPerToken: summary, faults }, null, 2),
);
