import { fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { report } from '../run/watching/report.js';
import { dryRunField, jsonField } from './shared-flags.js';

const output = fieldGroup('Output');

const fields = {
  out: output.optionalText('file', {
    description: 'the page (default: report.html in the folder of the run)',
  }),
  terminal: output.switch({ description: 'show it in the terminal, and write no page' }),
  dryRun: dryRunField,
  json: jsonField,
};

/** `attune report`: a run on one page. */
export function reportCommand(context: Context): Command {
  const command = new Command('report')
    .description('write a run as one HTML page, with curves, samples and settings')
    .argument('<run>', 'folder of the run');
  return addFlags(command, fields).action(async (run: string, options: Record<string, unknown>) => {
    await report({ run, ...withDefaults(fields, readFlags(fields, options)) }, context);
  });
}
