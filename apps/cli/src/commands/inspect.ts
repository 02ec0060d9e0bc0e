import { Command } from 'commander';
import { fieldGroup, withDefaults } from '../config/field.js';
import { fineTuningDataFields } from '../config/fine-tuning-data-fields.js';
import { addFlags, readFlags } from '../config/flags.js';
import { trainingFields } from '../config/training-fields.js';
import type { Context } from '../context.js';
import { inspect } from '../inspect/inspect.js';
import { jsonField } from './shared-flags.js';

const { data, ...dataFields } = fineTuningDataFields;

const fields = {
  model: fieldGroup('Model').requiredText('dir', {
    description: 'a run, a model folder or a model of the hub: its tokenizer and its chat template are used',
  }),
  data,
  ...dataFields,
  seed: trainingFields.seed,
  rows: fieldGroup('Output').optionalInteger({
    description: 'how many rows of each part are shown (default: 5; 200 on a page; all as JSON)',
    min: 0,
  }),
  html: fieldGroup('Output').optionalText('file', { description: 'write a page instead' }),
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
