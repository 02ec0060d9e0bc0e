import { isAbsolute, join } from 'node:path';
import { AttuneError } from '@attune/core';
import { fieldGroup, formatBytes, formatCount, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { exportGguf, type GgufReport, type GgufRequest } from '../run/models/export-gguf.js';
import { exportModel, type ExportReport, type ExportRequest } from '../run/models/export.js';
import { backendField, engineField, isaField, jsonField, modelField } from './shared-flags.js';

const target = fieldGroup('Export');

const fields = {
  model: modelField,
  adapter: fieldGroup('Model').optionalText('dir', { description: 'a LoRA adapter to add to its weights' }),
  format: target.choice(['onnx', 'gguf'], {
    description:
      'onnx: with a key-value cache, for transformers.js and onnxruntime; gguf: with a Modelfile, for llama.cpp and Ollama',
    default: 'onnx',
  }),
  out: target.requiredText('dir', { description: 'folder for the exported model' }),
  dtype: target.choice(['f32', 'f16', 'bf16', 'q8_0'], {
    description:
      'dtype of the stored matrices: f16 halves the download, and what is computed from them stays f32; bf16 and q8_0 for gguf only',
    default: 'f32',
  }),
  adapterOnly: target.switch({
    description: 'gguf: write the adapter alone, for whoever has the model',
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
  json: jsonField,
};

function verdict({ verified }: ExportReport, { verify }: ExportRequest): string {
  if (verified) {
    const { compared, maxDifference, maxLogit } = verified;
    return (
      `verified in onnxruntime: ${formatCount(compared)} logits differ by at most ${maxDifference.toExponential(1)}, ` +
      `the largest being ${maxLogit.toPrecision(3)}`
    );
  }
  return verify
    ? 'not verified: the package onnxruntime-node is not installed'
    : 'not verified: --no-verify was given';
}

/** transformers.js takes `a/b` for a model of the hub. */
function asPath(folder: string): string {
  return isAbsolute(folder) || /^\.\.?([/\\]|$)/.test(folder) ? folder : `./${folder}`;
}

function format(report: ExportReport, request: ExportRequest): string {
  const { out, files, tokenizer } = report;
  return [
    ...files.map(({ name, bytes }) => `${name}  ${formatBytes(bytes)}`),
    tokenizer === null
      ? 'no tokenizer: the model has none'
      : `tokenizer.json  the model's tokenizer (${tokenizer})`,
    verdict(report, request),
    '',
    `In transformers.js: await ${
      // A pipeline needs a tokenizer.
      tokenizer === null ? 'AutoModelForCausalLM.from_pretrained(' : "pipeline('text-generation', "
    }${JSON.stringify(asPath(out))})`,
    '',
  ].join('\n');
}

/** The request of an export to ONNX. @throws AttuneError INVALID_CONFIG for flags that are of GGUF only. */
function onnxRequest({
  adapterOnly,
  dtype,
  ...request
}: Omit<ExportRequest, 'format' | 'dtype'> & Pick<GgufRequest, 'dtype' | 'adapterOnly'>): ExportRequest {
  const only = (flag: string) =>
    new AttuneError('INVALID_CONFIG', `${flag} is for --format gguf.`, {
      fix: 'Leave it out, or add --format gguf.',
    });
  if (adapterOnly) throw only('--adapter-only');
  if (dtype !== 'f32' && dtype !== 'f16') throw only(`--dtype ${dtype}`);
  return { ...request, dtype, format: 'onnx' };
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
    const { json, ...request } = withDefaults(fields, readFlags(fields, options));
    const { stdout } = context;
    if (request.format === 'gguf') {
      const report = await exportGguf({ ...request, format: 'gguf' }, context);
      if (json) stdout.writeJson(report);
      else stdout.write(formatGguf(report));
      return;
    }
    const onnx = onnxRequest(request);
    const report = await exportModel(onnx, context);
    if (json) stdout.writeJson(report);
    else stdout.write(format(report, onnx));
  });
}
