import { plural } from '@attune/core';
import {
  checkAgreement,
  fieldGroup,
  finetune,
  pretrain,
  verify,
  withDefaults,
  type VerifyReport,
} from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from '../config/flags.js';
import type { Context } from '../environment/context.js';
import { diskRun } from '../config/disk-run.js';
import { runHost } from '../run/host/run-host.js';
import { engineField, isaField, jsonField } from './shared-flags.js';

const replay = fieldGroup('Replay');

const fields = {
  steps: replay.integer({ description: 'steps to replay', default: 10, min: 1 }),
  from: replay.optionalInteger({
    description:
      'start after this step: that of a checkpoint, or 0 (default: the last with enough steps behind it)',
    min: 0,
  }),
  tolerance: replay.optionalNumber({
    description:
      'largest difference allowed of the loss and the gradient norm (default: 0 on the same deterministic backend, engine and instruction set, in one process, else 1e-5)',
    min: 0,
  }),
  data: replay.optionalText('path', { description: 'the training data (default: where the run found it)' }),
  backend: replay.optionalText('name', { description: "backend or package (default: the run's)" }),
  engine: engineField,
  isa: isaField,
  json: jsonField,
};

function describe(difference: number | null, step: number): string {
  return `${difference ?? 'not a number'}${difference === 0 ? ': the same to the bit' : `, at step ${step}`}`;
}

/** A line that says why bits may differ. */
function describeEngines({ engine, otherEngines, flagsOfLogged }: VerifyReport): string[] {
  if (otherEngines.length === 0) return [];
  const advice = flagsOfLogged && `; to the bit, with ${flagsOfLogged}`;
  return [
    `computed by ${engine}, logged by ${otherEngines.join(', ')}: they agree to rounding errors${advice}`,
  ];
}

function format(report: VerifyReport): string {
  const { firstStep, lastStep, checkpoint, backend, loggedBackends } = report;
  const logged =
    loggedBackends.length > 0 ? `logged on ${loggedBackends.join(', ')}` : 'logged on an unknown backend';
  return [
    `steps ${firstStep} to ${lastStep}, from ${checkpoint ?? 'the beginning'}, on ${backend} (${logged})`,
    ...describeEngines(report),
    `largest difference of the loss             ${describe(report.maxLossDifference, report.worstStep)}`,
    `largest difference of the gradient's norm  ${describe(report.maxGradNormDifference, report.worstGradNormStep)}`,
    '',
  ].join('\n');
}

/** `attune verify`: whether a run comes out as its log says. */
export function verifyCommand(context: Context): Command {
  const command = new Command('verify')
    .description('replay steps of a run and compare them with its log')
    .argument('<run>', 'folder of the run');
  return addFlags(command, fields).action(async (run: string, options: Record<string, unknown>) => {
    const { json, ...settings } = withDefaults(fields, readFlags(fields, options));
    const host = runHost(context);
    const request = { run, ...settings };
    const report =
      (await diskRun(run).command('pretrain')) === 'finetune'
        ? await verify(finetune, request, host)
        : await verify(pretrain, request, host);
    const { firstStep, lastStep } = report;
    const done = lastStep - firstStep + 1;
    if (options['steps'] !== undefined && done < settings.steps) {
      context.stderr.write(
        `The log has ${done} of the ${plural(settings.steps, 'step')}: it ends at step ${lastStep}.\n`,
      );
    }
    if (json) context.stdout.writeJson(report);
    else context.stdout.write(format(report));
    checkAgreement(report);
  });
}
