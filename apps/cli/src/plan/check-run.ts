import { AttuneError } from '@attune/core';
import {
  finetune,
  pretrain,
  storedSettings,
  type RunConfig,
  type RunHost,
  type RunReader,
  type RunSession,
  type StoredCheckpoint,
  type Task,
} from '@attune/runs';
import { diskRun } from '../config/disk-run.js';
import type { Context } from '../environment/context.js';
import { makePlan, type PlanOptions, type StepTime } from './make-plan.js';
import { medianOf } from './median.js';

/** A figure that was predicted, and as it came out. */
export interface Comparison {
  readonly predicted: number;
  readonly measured: number;
  /** `predicted / measured - 1`. */
  readonly error: number;
}

/** How a run came out beside its plan. */
export interface CheckedPlan {
  readonly run: string;
  readonly backend: string;
  /** Peak resident memory, in bytes; `null` where the run did not record it. */
  readonly peakBytes: Comparison | null;
  /** The median step, in milliseconds; `null` where there are too few, or no time is predicted. */
  readonly stepMs: Comparison | null;
  /** Steps that the median is of: all but the first of the last session, which compiles. */
  readonly steps: number;
  readonly basis: StepTime['basis'] | null;
  /** The run's device, if it is not that of this machine: then the two are not to be compared. */
  readonly otherDevice: string | null;
}

const compare = (predicted: number, measured: number): Comparison => ({
  ...{ predicted, measured },
  error: predicted / measured - 1,
});

/** The times of the steps of a session, without its first one. */
async function stepTimes(run: RunReader, from: number): Promise<number[]> {
  const times: number[] = [];
  for await (const { step, stepMs } of run.steps()) if (step > from + 1) times.push(stepMs);
  return times;
}

/**
 * Plans a run again, from its settings, and compares the plan with what the run recorded. The run is not changed.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run, or it has no record; those of planning.
 */
export async function checkRun(
  path: string,
  host: RunHost,
  context: Context,
  options: PlanOptions,
): Promise<CheckedPlan> {
  const run = diskRun(path);
  const command = await run.command('pretrain');
  return command === 'finetune'
    ? check(finetune, run, host, context, options)
    : check(pretrain, run, host, context, options);
}

async function check<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  run: RunReader,
  host: RunHost,
  context: Context,
  options: PlanOptions,
): Promise<CheckedPlan> {
  const session = (await run.readRecord())?.sessions.at(-1);
  if (!session) {
    throw new AttuneError('FILE_NOT_FOUND', `${run.path} has no record of what it took.`, {
      fix: 'Runs write it since attune 0.1.0, in run.json: run it again.',
    });
  }
  const config = task.config(await storedSettings(run, task));
  const plan = await makePlan(task, { config, given: {} }, host, context, { ...options, chosenOnly: true });
  const [{ name, description, memory, time }] = plan.backends as [(typeof plan.backends)[0]];
  const times = await stepTimes(run, session.fromStep);
  const { peakBytes } = session;
  return {
    ...{ run: run.path, backend: name, steps: times.length, basis: time?.basis ?? null },
    peakBytes: memory && peakBytes !== undefined ? compare(memory.resident.peak, peakBytes) : null,
    stepMs: time && times.length > 0 ? compare(time.stepMs, medianOf(times)) : null,
    otherDevice: isSameDevice(session, description) ? null : session.backend.device,
  };
}

const isSameDevice = ({ backend }: RunSession, description: string) => backend.device === description;
