import { isAbsolute } from 'node:path';
import { fieldGroup, formatBytes, formatCount, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { exportModel, type ExportReport, type ExportRequest } from '../run/models/export.js';
import { backendField, engineField, isaField, jsonField, modelField } from './shared-flags.js';

const target = fieldGroup('Export');

const fields = {
  model: modelField,
  adapter: fieldGroup('Model').optionalText('dir', { description: 'a LoRA adapter to add to its weights' }),
  format: target.choice(['onnx'], {
    description: 'onnx: with a key-value cache, for transformers.js and onnxruntime',
    default: 'onnx',
  }),
  out: target.requiredText('dir', { description: 'folder for the exported model' }),
  dtype: target.choice(['f32', 'f16'], {
    description: 'dtype of the stored matrices; f16 halves the download, the computation stays f32',
    default: 'f32',
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

/** `attune export`: a model for other programs. */
export function exportCommand(context: Context): Command {
  const command = new Command('export').description(
    'export a model to ONNX, for transformers.js and onnxruntime',
  );
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json, ...request } = withDefaults(fields, readFlags(fields, options));
    const report = await exportModel(request, context);
    if (json) context.stdout.writeJson(report);
    else context.stdout.write(format(report, request));
  });
}
