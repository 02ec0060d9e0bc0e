import { AttuneError } from '@attune/core';
import {
  fieldGroup,
  finetune,
  finetuneFields,
  planResume,
  planStart,
  resume,
  start,
  withDefaults,
  type ValuesOf,
} from '@attune/runs';
import { Command, Option } from 'commander';
import { resolveFinetuneConfig } from '../config/finetune-config.js';
import { addFlags, readFlags } from '../config/flags.js';
import { distributedField, withRanks } from '../distributed/with-ranks.js';
import type { Context } from '../environment/context.js';
import { runHost } from '../run/host/run-host.js';
import { plannedTraining } from '../run/training/planned-training.js';
import { liveFields, watchedTraining } from '../run/training/watched-training.js';
import { presetHelp, presetOption } from './preset-option.js';
import { checkResumeOptions } from './resume-options.js';
import { dryRunField, jsonField } from './shared-flags.js';

const output = fieldGroup('Output');

const outputFields = {
  out: output.optionalText('dir', { description: 'folder of the run (required without --resume)' }),
  resume: output.optionalText('dir', {
    description: 'continue the run in this folder from its newest checkpoint',
  }),
  overwrite: output.switch({ description: 'remove an earlier run from --out first' }),
  dryRun: dryRunField,
  distributed: distributedField,
  json: { ...jsonField, description: 'write metrics to stdout as JSON lines, and nothing else' },
  ...liveFields,
};

/** `attune finetune`: adapts a pretrained model to a task, or goes on with such a run. */
export function finetuneCommand(context: Context): Command {
  const command = new Command('finetune')
    .description('fine-tune a pretrained model on a task')
    .addOption(presetOption('finetune'))
    .addOption(
      new Option('--config <file>', 'YAML file of settings, keys in camelCase').helpGroup('Configuration:'),
    )
    .addHelpText('after', presetHelp('finetune'));
  addFlags(addFlags(command, finetuneFields), outputFields);
  return command.action(async (options: Record<string, unknown>) => {
    const values = withDefaults(outputFields, readFlags(outputFields, options));
    await withRanks(values, context, (own) => train(options, values, own));
  });
}

/** Trains, on one rank or alone. */
async function train(
  options: Record<string, unknown>,
  { out, resume: run, dryRun, ...settings }: ValuesOf<typeof outputFields>,
  context: Context,
): Promise<void> {
  const given = readFlags(finetuneFields, options);
  if (run !== undefined) {
    checkResumeOptions(options);
    if (dryRun)
      return plannedTraining(settings, context, (host) => planResume(finetune, { run, given }, host));
    return watchedTraining('finetune', settings, context, (audience) =>
      resume(finetune, { run, given }, runHost(context), audience),
    );
  }
  if (out === undefined) {
    throw new AttuneError('INVALID_CONFIG', '--out <dir> is missing: folder of the run.', {
      fix: 'To resume an earlier run, name it with --resume.',
    });
  }
  const config = await resolveFinetuneConfig(options);
  const request = { config, out, ...settings };
  if (dryRun) return plannedTraining(settings, context, (host) => planStart(finetune, request, host));
  await watchedTraining('finetune', settings, context, (audience) =>
    start(finetune, request, runHost(context), audience),
  );
}
