import { AttuneError } from '@attune/core';
import {
  fieldGroup,
  planResume,
  planStart,
  pretrain,
  resume,
  start,
  trainingFields,
  withDefaults,
  type ValuesOf,
  type PlannedTraining,
  type RunHost,
} from '@attune/runs';
import { Command, Option } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import { resolveTrainingConfig } from '../config/training-config.js';
import { distributedField, withRanks } from '../distributed/with-ranks.js';
import type { Context } from '../environment/context.js';
import { continueOrPretrain } from '../run/pretraining/pretrain.js';
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
  continue: output.switch({
    description:
      'continue a run of the same settings in --out, if there is one, or report that it is finished',
  }),
  overwrite: output.switch({ description: 'remove an earlier run from --out first' }),
  dryRun: dryRunField,
  distributed: distributedField,
  json: { ...jsonField, description: 'write metrics to stdout as JSON lines, and nothing else' },
  ...liveFields,
};

/** `attune pretrain`: trains a model from scratch, or further from a folder, or goes on with a run. */
export function pretrainCommand(context: Context): Command {
  const command = new Command('pretrain')
    .description('train a GPT on token files, from scratch or from a model')
    .addOption(presetOption('pretrain'))
    .addOption(
      new Option('--config <file>', 'YAML file of settings, keys in camelCase').helpGroup('Configuration:'),
    )
    .addHelpText('after', presetHelp('pretrain'));
  addFlags(addFlags(command, trainingFields), outputFields);
  return command.action(async (options: Record<string, unknown>) => {
    const values = withDefaults(outputFields, readFlags(outputFields, options));
    await withRanks(values, context, (own) => train(options, values, own));
  });
}

/** Trains, on one rank or alone. */
async function train(
  options: Record<string, unknown>,
  { out, resume: run, continue: continues, dryRun, ...settings }: ValuesOf<typeof outputFields>,
  context: Context,
): Promise<void> {
  if (run !== undefined) {
    checkResumeOptions(options);
    const given = readFlags(trainingFields, options);
    if (dryRun)
      return plannedTraining(settings, context, (host) => planResume(pretrain, { run, given }, host));
    return watchedTraining('pretrain', settings, context, (audience) =>
      resume(pretrain, { run, given }, runHost(context), audience),
    );
  }
  if (out === undefined) {
    throw new AttuneError('INVALID_CONFIG', '--out <dir> is missing: folder of the run.', {
      fix: 'To resume an earlier run, name it with --resume.',
    });
  }
  const request = { ...(await resolveTrainingConfig(options)), out, ...settings };
  const goesOn = continues && !settings.overwrite;
  if (dryRun) {
    const plan = (work: (host: RunHost) => Promise<PlannedTraining>) => () =>
      plannedTraining(settings, context, work);
    const ways = {
      begin: plan((host) => planStart(pretrain, request, host)),
      resume: plan((host) => planResume(pretrain, { run: out, given: request.given }, host)),
    };
    return goesOn ? continueOrPretrain(request, context, ways) : ways.begin();
  }
  await watchedTraining('pretrain', settings, context, (audience) =>
    goesOn
      ? continueOrPretrain(request, context, {
          begin: () => start(pretrain, request, runHost(context), audience),
          resume: () => resume(pretrain, { run: out, given: request.given }, runHost(context), audience),
        })
      : start(pretrain, request, runHost(context), audience),
  );
}
