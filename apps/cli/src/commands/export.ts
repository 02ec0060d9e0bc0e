import { isAbsolute, join } from 'node:path';
import { AttuneError } from '@attune/core';
import { fieldGroup, formatBytes, formatCount, withDefaults } from '@attune/runs';
import type { Agreement } from '@attune/export-onnx/node';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { reportPlannedWrites } from '../printing/planned-writes.js';
import { targetOf } from '../run/host/target.js';
import { exportGguf, type GgufReport, type GgufRequest } from '../run/models/export-gguf.js';
import { exportModel, type ExportReport, type ExportRequest } from '../run/models/export.js';
import { backendField, dryRunField, engineField, isaField, jsonField, modelField } from './shared-flags.js';

const target = fieldGroup('Export');

const fields = {
  model: modelField,
  adapter: fieldGroup('Model').optionalText('dir', { description: 'a LoRA adapter to add to its weights' }),
  format: target.choice(['onnx', 'gguf'], {
    description:
      'onnx: with a key-value cache, for transformers.js and onnxruntime; gguf: with a Modelfile, for llama.cpp and Ollama',
    default: 'onnx',
  }),
  out: target.requiredText('path', {
    description: 'folder for the exported model; for onnx with --adapter-only, a file',
  }),
  dtype: target.choice(['f32', 'f16', 'bf16', 'q8_0'], {
    description:
      'dtype of the stored matrices: f16 halves the download, and what is computed from them stays f32; bf16 and q8_0 for gguf only',
    default: 'f32',
  }),
  adapterInputs: target.texts('dir', {
    description:
      'onnx: adapters to write beside the model, which takes their matrices as inputs and swaps them',
    default: [],
  }),
  targetModules: target.texts('name', {
    description:
      'onnx: layers that take adapters as inputs, by name, all-linear, or a pattern (default: those that --adapter-inputs change)',
    default: [],
  }),
  adapterOnly: target.switch({
    description: 'write the adapter alone, for whoever has the model',
  }),
  overwrite: target.switch({ description: 'replace a model exported to --out earlier' }),
  verify: target.boolean({
    description: 'run it in onnxruntime-node, and compare its logits with the model',
    default: true,
  }),
  backend: {
    ...backendField,
    default: 'cpu',
    description: 'backend that computes the logits to compare with; others than cpu may be less precise',
  },
  engine: engineField,
  isa: isaField,
  dryRun: dryRunField,
  json: jsonField,
};

function agreement({ compared, maxDifference, maxLogit }: Agreement): string {
  return (
    `${formatCount(compared)} logits differ by at most ${maxDifference.toExponential(1)}, ` +
    `the largest being ${maxLogit.toPrecision(3)}`
  );
}

function verdict({ verified, adapters = [] }: ExportReport, { verify }: ExportRequest): string[] {
  if (verified) {
    return [
      `verified in onnxruntime: ${agreement(verified)}`,
      ...adapters.flatMap((adapter) =>
        adapter.verified ? [`  with ${adapter.name}: ${agreement(adapter.verified)}`] : [],
      ),
    ];
  }
  return [
    verify
      ? 'not verified: the package onnxruntime-node is not installed'
      : 'not verified: --no-verify was given',
  ];
}

/** transformers.js takes `a/b` for a model of the hub. */
function asPath(folder: string): string {
  return isAbsolute(folder) || /^\.\.?([/\\]|$)/.test(folder) ? folder : `./${folder}`;
}

function format(report: ExportReport, request: ExportRequest): string {
  const { out, files, tokenizer } = report;
  const sizes = files.map(({ name, bytes }) => `${name}  ${formatBytes(bytes)}`);
  if (request.adapterOnly) return [...sizes, ''].join('\n');
  return [
    ...sizes,
    tokenizer === null
      ? 'no tokenizer: the model has none'
      : `tokenizer.json  the model's tokenizer (${tokenizer})`,
    ...verdict(report, request),
    ...(report.adapters
      ? ['The LoRA matrices are inputs: every run is given them, empty ones for none.']
      : []),
    '',
    `In transformers.js: await ${
      // A pipeline needs a tokenizer.
      tokenizer === null ? 'AutoModelForCausalLM.from_pretrained(' : "pipeline('text-generation', "
    }${JSON.stringify(asPath(out))})`,
    '',
  ].join('\n');
}

function onlyFor(flag: string, format: 'onnx' | 'gguf'): AttuneError {
  return new AttuneError('INVALID_CONFIG', `${flag} is for --format ${format}.`, {
    fix: `Leave it out, or add --format ${format}.`,
  });
}

type Request = Omit<ExportRequest, 'format' | 'dtype'> & Pick<GgufRequest, 'dtype'>;

/** The request of an export to ONNX. @throws AttuneError INVALID_CONFIG for a dtype that is of GGUF only. */
function onnxRequest({ dtype, ...request }: Request): ExportRequest {
  if (dtype !== 'f32' && dtype !== 'f16') throw onlyFor(`--dtype ${dtype}`, 'gguf');
  return { ...request, dtype, format: 'onnx' };
}

/** The request of an export to GGUF. @throws AttuneError INVALID_CONFIG for flags that are of ONNX only. */
function ggufRequest({ adapterInputs, targetModules, ...request }: Request): GgufRequest {
  if (adapterInputs.length > 0) throw onlyFor('--adapter-inputs', 'onnx');
  if (targetModules.length > 0) throw onlyFor('--target-modules', 'onnx');
  return { ...request, format: 'gguf' };
}

function formatGguf({ out, files, tokenizer, notes }: GgufReport): string {
  return [
    ...files.map(({ name, bytes }) => `${name}  ${formatBytes(bytes)}`),
    ...(tokenizer === null ? [] : [`with the model's tokenizer (${tokenizer})`]),
    ...notes,
    '',
    `In Ollama: ollama create NAME -f ${JSON.stringify(join(out, 'Modelfile'))}`,
    '',
  ].join('\n');
}

/** `attune export`: a model for other programs. */
export function exportCommand(context: Context): Command {
  const command = new Command('export').description(
    'export a model for other programs: transformers.js, onnxruntime, llama.cpp, Ollama',
  );
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json, dryRun, ...request } = withDefaults(fields, readFlags(fields, options));
    const { stdout } = context;
    const target = targetOf(dryRun);
    if (request.format === 'gguf') {
      const report = await exportGguf(ggufRequest(request), target, context);
      if (target.trial) await reportPlannedWrites(target.trial.changes, { json }, stdout);
      else if (json) stdout.writeJson(report);
      else stdout.write(formatGguf(report));
      return;
    }
    const onnx = onnxRequest(request);
    const report = await exportModel(onnx, target, context);
    if (target.trial) await reportPlannedWrites(target.trial.changes, { json }, stdout);
    else if (json) stdout.writeJson(report);
    else stdout.write(format(report, onnx));
  });
}
