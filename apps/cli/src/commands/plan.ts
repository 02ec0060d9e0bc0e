import { AttuneError, didYouMean } from '@attune/core';
import {
  fieldGroup,
  finetune,
  finetuneFields,
  pretrain,
  trainingFields,
  withDefaults,
  type Fields,
} from '@attune/runs';
import { Command, Option } from 'commander';
import { resolveFinetuneConfig } from '../config/finetune-config.js';
import { addFlags, readFlags } from '../config/flags.js';
import { resolveTrainingConfig } from '../config/training-config.js';
import type { Context } from '../environment/context.js';
import { formatChecked } from '../plan/check-report.js';
import { checkRun } from '../plan/check-run.js';
import { makePlan, type Plan, type PlanOptions } from '../plan/make-plan.js';
import { planHost } from '../plan/plan-host.js';
import { formatPlan } from '../plan/plan-report.js';
import { colorsFor } from '../printing/colors.js';
import { presetHelp, presetOption } from './preset-option.js';
import { jsonField } from './shared-flags.js';

const plan = fieldGroup('Plan');

const commonFields = {
  calibrate: plan.choice(['once', 'always', 'never'], {
    description: 'measure steps of the run here: once, and keep their time; always; or never',
    default: 'once',
  }),
  json: jsonField,
};

const planFields = {
  ops: plan.switch({ description: 'list every op of a step, with how each backend computes it' }),
  onlyChosen: plan.switch({ description: 'plan for the chosen backend alone, which takes less time' }),
  ...commonFields,
};

/** The flags of the command that is planned which a plan has no use for: they may stand there all the same. */
const unusedFields = {
  out: fieldGroup('Output').optionalText('dir', { description: 'not used: a plan writes no run' }),
};

/** The plan of one command: it takes the flags of that command. */
function planOf(
  name: 'pretrain' | 'finetune',
  fields: Fields,
  make: (options: Readonly<Record<string, unknown>>, how: PlanOptions) => Promise<Plan>,
  context: Context,
): Command {
  const command = new Command(name)
    .description(`plan a run of attune ${name}: the flags are those of that command`)
    .addOption(presetOption(name))
    .addOption(
      new Option('--config <file>', 'YAML file of settings, keys in camelCase').helpGroup('Configuration:'),
    )
    .addHelpText('after', presetHelp(name));
  addFlags(addFlags(addFlags(command, fields), planFields), unusedFields);
  return command.action(async (own: Record<string, unknown>) => {
    // Flags that `plan` has as well are its own, wherever they stand.
    const options = { ...command.parent!.opts(), ...own };
    const { ops, calibrate, onlyChosen, json } = withDefaults(planFields, readFlags(planFields, options));
    const made = await make(options, { calibrate, chosenOnly: onlyChosen });
    if (json) context.stdout.writeJson(made);
    else context.stdout.write(formatPlan(made, { allOps: ops, colors: colorsFor(context.stdout, context) }));
  });
}

/** `attune plan`: what a run will take, before it begins; and how right that was. */
export function planCommand(context: Context): Command {
  const command = new Command('plan')
    .description('predict memory, step time and ops of a run before it begins, or check a prediction')
    .addOption(new Option('--check <run>', 'compare the plan of a run that is over with what it took'));
  addFlags(command, commonFields);
  command.allowExcessArguments().action(async (options: Record<string, unknown>) => {
    const { calibrate, json } = withDefaults(commonFields, readFlags(commonFields, options));
    const { check: run } = options as { check?: string };
    const [other] = command.args;
    if (other !== undefined) {
      throw new AttuneError('UNKNOWN_KEY', `attune plan has no "${other}".`, {
        fix: didYouMean(other, ['pretrain', 'finetune']),
      });
    }
    if (run === undefined) {
      throw new AttuneError('INVALID_CONFIG', 'What is to be planned is missing.', {
        fix: 'Write attune plan pretrain or attune plan finetune, with the flags of that command, or name a run that is over with --check.',
      });
    }
    const checked = await checkRun(run, planHost(context), context, { calibrate });
    if (json) context.stdout.writeJson(checked);
    else context.stdout.write(formatChecked(checked));
  });
  const forPretrain = async (options: Readonly<Record<string, unknown>>, how: PlanOptions) => {
    const request = await resolveTrainingConfig(options);
    return makePlan(pretrain, request, planHost(context), context, how);
  };
  const forFinetune = async (options: Readonly<Record<string, unknown>>, how: PlanOptions) => {
    const request = { config: await resolveFinetuneConfig(options) };
    return makePlan(finetune, request, planHost(context), context, how);
  };
  return command
    .addCommand(planOf('pretrain', trainingFields, forPretrain, context))
    .addCommand(planOf('finetune', finetuneFields, forFinetune, context));
}
