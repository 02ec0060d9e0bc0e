import { fieldGroup, withDefaults } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { writeLogs } from '../run/watching/logs.js';
import { dryRunField } from './shared-flags.js';

const output = fieldGroup('Output');

const fields = {
  format: output.choice(['csv', 'tensorboard'], {
    description: 'a table, or event files that TensorBoard reads',
    default: 'csv',
  }),
  out: output.optionalText('path', {
    description: "csv: a file (default: stdout); tensorboard: a folder (default: the run's tensorboard/)",
  }),
  dryRun: dryRunField,
};

/** `attune logs`: the log of a run, for other programs. */
export function logsCommand(context: Context): Command {
  const command = new Command('logs')
    .description("write a run's log as CSV, or for TensorBoard")
    .argument('<run>', 'folder of the run');
  return addFlags(command, fields).action(async (run: string, options: Record<string, unknown>) => {
    await writeLogs({ run, ...withDefaults(fields, readFlags(fields, options)) }, context);
  });
}
