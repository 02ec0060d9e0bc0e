import { cpus } from 'node:os';
import { AttuneError } from '@attune/core';
import { fieldGroup, formatBytes, formatCount, formatParameters, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { measure, type BenchResult } from '../bench/measure.js';
import { openMeasured } from '../bench/open-measured.js';
import { pytorchScript } from '../bench/pytorch-script.js';
import { benchModel, sizeNames } from '../bench/sizes.js';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { attuneVersion } from '../environment/version.js';
import { onOneLine } from '../printing/printable.js';
import { backendFields, jsonField } from './shared-flags.js';

const bench = fieldGroup('Measurement');

const fields = {
  ...backendFields,
  batchSize: bench.optionalInteger({ description: 'rows of a batch (default: that of the size)', min: 1, max: 65_536 }),
  blockSize: bench.optionalInteger({ description: 'tokens of a row (default: that of the size; 256 for a folder)', min: 2, max: 65_536 }),
  warmup: bench.integer({ description: 'steps before those that are timed', default: 5, min: 1, max: 10_000 }),
  steps: bench.integer({ description: 'steps that are timed', default: 20, min: 1, max: 100_000 }),
  seed: bench.integer({ description: 'random seed of weights and tokens', default: 1337, min: 0 }),
  generate: bench.switch({ description: 'time decoding of one text, too' }),
  profile: bench.switch({ description: "measure each kernel of attune's own engine, which slows a step a little" }),
  printPytorch: bench.switch({ description: 'print a script that times the same step in PyTorch, and measure nothing' }),
  json: jsonField,
}; // prettier-ignore

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
const milliseconds = (ms: number) => `${ms.toPrecision(3)} ms`;

function format(result: BenchResult): string[] {
  const { name, parameters, batchSize, blockSize, stepMs, loss, memory, decode, kernels } = result;
  const lines = [
    `${onOneLine(name)}: ${formatParameters(parameters)} parameters, batches of ${batchSize} × ${blockSize} tokens`,
    `  training  ${formatCount(Math.round(result.tokensPerSecond))} tokens/s`,
    `  a step    ${milliseconds(stepMs.median)} median, ${milliseconds(stepMs.min)} at least, spread ${percent(stepMs.spread)}; the first ${milliseconds(result.firstStepMs)}`,
    `  products  ${result.gflopsPerSecond.toFixed(1)} GFLOP/s, ${percent(result.shareOfPeak)} of this backend's ${result.peakGflopsPerSecond.toFixed(1)} for large matrices`,
    `  memory    ${formatBytes(memory.peakResidentBytes)} of the process at most, ${formatBytes(memory.backendBytes)} of the backend`,
    `  loss      ${loss.first.toFixed(4)} at first, ${loss.last.toFixed(4)} at last`,
  ];
  if (decode) {
    lines.push(
      `  decoding  ${formatCount(Math.round(decode.tokensPerSecond))} tokens/s, ${milliseconds(decode.tokenMs.median)} a token`,
    );
  }
  if (kernels === null) lines.push('  kernels   not measured: this engine does not say what each takes');
  for (const { kernel, callsPerStep, msPerStep } of kernels ?? []) {
    lines.push(
      `    ${kernel.padEnd(18)}${milliseconds(msPerStep).padStart(10)}  ${percent(msPerStep / stepMs.median).padStart(6)}  ${callsPerStep.toFixed(0)} calls`,
    );
  }
  return [...lines, ''];
}

/** `attune bench`: how fast a model trains here. */
export function benchCommand(context: Context): Command {
  const { stdout } = context;
  const command = new Command('bench')
    .description('measure how fast a model trains on this machine')
    .argument('[models...]', `${sizeNames.join(', ')}, a preset of pretrain, or a model folder (default: S)`);
  return addFlags(command, fields).action(async (named: string[], options: Record<string, unknown>) => {
    const { json, printPytorch, batchSize, blockSize, backend, engine, isa, ...measured } = withDefaults(
      fields,
      readFlags(fields, options),
    );
    const names = named.length > 0 ? named : ['S'];
    const threads = context.backendOptions?.().threads;
    if (printPytorch) {
      if (names.length > 1) {
        throw new AttuneError('INVALID_CONFIG', '--print-pytorch takes one model.', {
          fix: 'Name one, and print a script for each.',
        });
      }
      const model = await benchModel(names[0]!, { batchSize, blockSize }, context);
      stdout.stream.write(pytorchScript(model, measured, threads));
      return;
    }
    const results: BenchResult[] = [];
    let device: { readonly backend: string; readonly description: string; readonly engine: object | null };
    for (const name of names) {
      const model = await benchModel(name, { batchSize, blockSize }, context);
      // One for each, so that memory is that of the model.
      const opened = await openMeasured({ backend, engine, isa }, measured.profile, context);
      try {
        const { name: backendName, device: found } = opened.backend;
        device = { backend: backendName, description: found.description, engine: found.engine ?? null };
        if (!json && results.length === 0) stdout.write(`${backendName}: ${found.description}\n\n`);
        results.push(await measure(opened, model, measured));
      } finally {
        await opened.backend.dispose();
      }
      if (!json) stdout.write(format(results.at(-1)!).map((line) => `${line}\n`).join('')); // prettier-ignore
    }
    if (!json) return;
    const versions = { attune: attuneVersion(), node: process.version };
    const machine = {
      processor: cpus()[0]?.model.trim() ?? null,
      platform: `${process.platform} ${process.arch}`,
    };
    stdout.writeJson({ versions, machine, ...device!, threads: threads ?? null, ...measured, results }, 2);
  });
}
