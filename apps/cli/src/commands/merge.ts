import { fieldGroup, formatParameters, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { onOneLine } from '../printing/printable.js';
import { merge } from '../run/models/merge.js';
import { adapterField, jsonField, modelField } from './shared-flags.js';

const output = fieldGroup('Output');

const fields = {
  model: { ...modelField, description: 'the model, or the run or the folder of an adapter that names it' },
  adapter: adapterField,
  out: output.requiredText('dir', { description: 'folder of the merged model' }),
  dtype: output.choice(['f32', 'bf16', 'f16'], {
    description: 'dtype of the stored weights',
    default: 'f32',
  }),
  json: jsonField,
};

/** `attune merge`: a model and its adapter as one model. */
export function mergeCommand(context: Context): Command {
  const command = new Command('merge').description('merge a LoRA adapter into the weights of its model');
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json, ...request } = withDefaults(fields, readFlags(fields, options));
    const report = await merge(request, context);
    const { adapter, model: into, parameters, out } = report;
    if (json) context.stdout.writeJson(report);
    else {
      context.stdout.write(
        `${onOneLine(adapter)} is merged into ${onOneLine(into)}: ${formatParameters(parameters)} parameters in ${onOneLine(out)}.\n`,
      );
    }
  });
}
