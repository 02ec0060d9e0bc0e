import { fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { compare } from '../run/watching/compare.js';
import { dryRunField, jsonField } from './shared-flags.js';

const fields = {
  out: fieldGroup('Output').optionalText('file', { description: 'write a page with all curves, too' }),
  dryRun: dryRunField,
  json: jsonField,
};

/** `attune compare`: runs beside each other. */
export function compareCommand(context: Context): Command {
  const command = new Command('compare')
    .description('show in which settings runs differ, and their losses')
    .argument('<runs...>', 'folders of the runs');
  return addFlags(command, fields).action(async (runs: string[], options: Record<string, unknown>) => {
    await compare({ runs, ...withDefaults(fields, readFlags(fields, options)) }, context);
  });
}
