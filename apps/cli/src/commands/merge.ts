import { fieldGroup, formatParameters, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { onOneLine } from '../printing/printable.js';
import { reportPlannedWrites } from '../printing/planned-writes.js';
import { targetOf } from '../run/host/target.js';
import { merge } from '../run/models/merge.js';
import { adapterField, dryRunField, jsonField, modelField } from './shared-flags.js';

const output = fieldGroup('Output');

const fields = {
  model: { ...modelField, description: 'the model, or the run or the folder of an adapter that names it' },
  adapter: adapterField,
  out: output.requiredText('dir', { description: 'folder of the merged model' }),
  dtype: output.choice(['f32', 'bf16', 'f16'], {
    description: 'dtype of the stored weights',
    default: 'f32',
  }),
  dryRun: dryRunField,
  json: jsonField,
};

/** `attune merge`: a model and its adapter as one model. */
export function mergeCommand(context: Context): Command {
  const command = new Command('merge').description('merge a LoRA adapter into the weights of its model');
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    const { json, dryRun, ...request } = withDefaults(fields, readFlags(fields, options));
    const target = targetOf(dryRun);
    const report = await merge(request, target, context);
    if (target.trial) return reportPlannedWrites(target.trial.changes, { json }, context.stdout);
    const { adapter, model: into, parameters, out } = report;
    if (json) context.stdout.writeJson(report);
    else {
      context.stdout.write(
        `${onOneLine(adapter)} is merged into ${onOneLine(into)}: ${formatParameters(parameters)} parameters in ${onOneLine(out)}.\n`,
      );
    }
  });
}
