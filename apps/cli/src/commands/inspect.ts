import { fieldGroup, fineTuningDataFields, trainingFields, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { inspect } from '../inspect/inspect.js';
import { dryRunField, jsonField } from './shared-flags.js';

const { data, ...dataFields } = fineTuningDataFields;

const fields = {
  model: fieldGroup('Model').requiredText('dir', {
    description: 'run, model folder or hub model whose tokenizer and chat template are used',
  }),
  data,
  ...dataFields,
  seed: trainingFields.seed,
  rows: fieldGroup('Output').optionalInteger({
    description: 'rows shown of each split (default: 5; HTML: 200; JSON: all)',
    min: 0,
  }),
  html: fieldGroup('Output').optionalText('file', { description: 'write an HTML page instead' }),
  dryRun: dryRunField,
  json: { ...jsonField, description: 'write one JSON object for each row to stdout' },
};

/** `attune inspect`: what of each row is trained, before a step is spent on it. */
export function inspectCommand(context: Context): Command {
  const command = new Command('inspect').description(
    'show which tokens of fine-tuning data carry loss, and what is wrong with the data',
  );
  return addFlags(command, fields).action(async (options: Record<string, unknown>) => {
    await inspect(withDefaults(fields, readFlags(fields, options)), context);
  });
}
