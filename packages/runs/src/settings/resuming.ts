import { AttuneError } from '@attune/core';
import type { ResumeRule, Settings } from './field.js';
import { flagOf } from './spelling.js';

/** A setting that changed: `--max-iters from 100 to 200`. */
export interface ChangedSetting {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** The commands that resume a run, and that begin one. */
export type TrainingCommand = 'pretrain' | 'finetune';

/**
 * How a new run takes the weights of an earlier one, or of one of its checkpoints.
 *
 * @param model a run or a model folder.
 * @param adapter where its adapters are, if it has some.
 */
export function startFrom(command: TrainingCommand, model: string, adapter: string): string {
  return command === 'pretrain'
    ? `attune pretrain --init-from ${model}`
    : `attune finetune --model ${model}, or for a run of LoRA attune finetune --adapter ${adapter} with the run's --model`;
}

/** True if two values are the same; lists are where their entries are. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** True if a run that was begun with one value may not go on with the other. */
export function makesAnotherRun(rule: ResumeRule, begun: unknown, now: unknown): boolean {
  if (rule === 'free') return false;
  return typeof rule === 'function' ? !rule(begun, now) : !isSame(begun, now);
}

/**
 * The differences between the configuration that a run was begun with and the one it is to go on with.
 *
 * @param settings of the run; their fields say what may change.
 * @param given the settings that were asked for now. Others come from the `config.yaml` of the run.
 * @throws AttuneError INVALID_CONFIG that names every setting that would make it another run.
 */
export function changedSettings(
  settings: Settings,
  begun: object,
  config: object,
  run: string,
  command: TrainingCommand,
  given: object,
): ChangedSetting[] {
  const [before, now] = [begun, config] as Readonly<Record<string, unknown>>[];
  const changed = Object.keys(settings)
    .map((key) => ({ key, from: before![key], to: now![key] }))
    .filter(({ from, to }) => !isSame(from, to));
  const refused = changed.filter(({ key, from, to }) => makesAnotherRun(settings[key]!.resume, from, to));
  if (refused.length > 0) {
    const faults = refused.map(
      ({ key, from, to }) =>
        `${flagOf(key)} is ${String(to ?? 'not set')}, but the run in ${run} has ${String(from ?? 'none')}.`,
    );
    const isEdited = !refused.some(({ key }) => key in given);
    throw new AttuneError('INVALID_CONFIG', faults.join(' '), {
      fix: isEdited
        ? `${run}/config.yaml is not as the run wrote it. Put these settings back there.`
        : `A run goes on with what it was begun with. A new one may start from its weights: ${startFrom(command, run, `${run}/final`)}.`,
      data: { keys: refused.map(({ key }) => key) },
    });
  }
  return changed;
}

/** `--max-iters from 100 to 200` */
export function describeChange({ key, from, to }: ChangedSetting): string {
  return `${flagOf(key)} from ${String(from ?? 'none')} to ${String(to ?? 'none')}`;
}
