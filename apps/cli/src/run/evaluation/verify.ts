import { join } from 'node:path';
import { AttuneError, type Backend, type StepMetrics } from '@attune/core';
import { listCheckpoints, readCheckpoint, type CheckpointFolder } from '@attune/formats/node';
import { withDefaults } from '../../config/field.js';
import { trainingFields, type TrainingConfig } from '../../config/training-fields.js';
import type { Context } from '../../context.js';
import { createModel, createTrainer } from '../training/create-trainer.js';
import { readMetrics } from '../run-folder/metrics-log.js';
import { modelOfCheckpoint, openModel } from '../models/model-folder.js';
import type { OpenModel } from '../models/opened-model.js';
import { withBackend } from '../open-backend.js';
import { METRICS_JSONL } from '../run-folder/run-folder.js';
import { readTrainingRun } from '../run-folder/run-config.js';
import { checkSameData, readRecord, sessionsOf } from '../run-folder/run-record.js';
import { openTrainingData, type TrainingData } from '../pretraining/training-data.js';

/** What is asked of `attune verify`. */
export interface VerifyRequest {
  readonly run: string;
  /** How many steps to do again. */
  readonly steps: number;
  /** The step to begin after: 0, or that of a checkpoint. Default: the last that has as many steps behind it. */
  readonly from?: number;
  /** Default: the one the run was trained on. */
  readonly backend?: string;
  /** Where the data is, if not where the run found it. */
  readonly data?: string;
  /** Default: 0 on the same deterministic backend, else 1e-5. */
  readonly tolerance?: number;
}

/** How steps that were done again compare with the log. */
export interface VerifyReport {
  readonly run: string;
  /** The checkpoint begun from; `null` for the beginning of the run. */
  readonly checkpoint: string | null;
  readonly firstStep: number;
  readonly lastStep: number;
  readonly backend: string;
  /** Backends these steps were done on at first. */
  readonly loggedBackends: readonly string[];
  readonly tolerance: number;
  /** The largest difference of a step's loss, or `null` where only one of the two is a number. */
  readonly maxLossDifference: number | null;
  /** The first step with that difference. */
  readonly worstStep: number;
  readonly agrees: boolean;
}

/** Below this, losses of one run on two backends agree. */
const ACROSS_BACKENDS = 1e-5;

/** Where a replay begins. */
interface Start {
  readonly step: number;
  readonly config: TrainingConfig;
  readonly path: string | null;
  readonly folder?: CheckpointFolder;
}

/**
 * Does steps of a run again, and compares their loss with what the run's log says. The run is not changed.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run, or nothing was logged; INVALID_CONFIG if there is no checkpoint of
 * the step asked for, or nothing was logged after it; CHECKPOINT_MISMATCH if the data is another.
 */
export async function verify(request: VerifyRequest, context: Context): Promise<VerifyReport> {
  const { run } = request;
  const stored = withDefaults(
    trainingFields,
    await readTrainingRun(run, 'Only runs of pretraining are verified.'),
  );
  const logged = await lastLoggedStep(run);
  const start = await findStart(request, stored, logged);
  const lastStep = Math.min(start.step + request.steps, logged);
  const expected = await readSteps(run, start.step, lastStep);
  const record = await readRecord(run);
  const sessions = record ? sessionsOf(record, start.step, lastStep) : [];
  const loggedBackends = [...new Set(sessions.map(({ backend }) => backend.name))];
  const name = request.backend ?? sessions.at(-1)?.backend.name ?? start.config.backend;

  return withBackend(name, context, async (backend) => {
    const source = await sourceOf(start, context);
    const path = request.data ?? start.config.data ?? join(run, 'data');
    const data = await openTrainingData(path, start.config, source);
    try {
      if (record) checkSameData(record.data.hashes, data, run);
      const losses = await replay(start, { backend, data, source, lastStep });
      const { maxLossDifference, worstStep } = compare(expected, losses);
      const tolerance = request.tolerance ?? defaultTolerance(backend, loggedBackends);
      return {
        run,
        checkpoint: start.path,
        firstStep: start.step + 1,
        lastStep,
        backend: backend.name,
        loggedBackends,
        tolerance,
        maxLossDifference,
        worstStep,
        agrees: maxLossDifference !== null && maxLossDifference <= tolerance,
      };
    } finally {
      await data.close();
    }
  });
}

async function lastLoggedStep(run: string): Promise<number> {
  let last = 0;
  for await (const { step } of readMetrics(join(run, METRICS_JSONL))) last = step;
  if (last > 0) return last;
  throw new AttuneError(
    'FILE_NOT_FOUND',
    `${run} has no steps to compare with: ${METRICS_JSONL} tells of none.`,
  );
}

/** The steps after `from` up to `to`, as the log has them. */
async function readSteps(run: string, from: number, to: number): Promise<StepMetrics[]> {
  const steps: StepMetrics[] = [];
  for await (const metrics of readMetrics(join(run, METRICS_JSONL))) {
    if (metrics.step > from && metrics.step <= to) steps.push(metrics);
  }
  if (steps.length === to - from) return steps;
  throw new AttuneError(
    'FILE_CORRUPT',
    `${join(run, METRICS_JSONL)} does not have each of the steps ${from + 1} to ${to}.`,
  );
}

async function findStart(
  { run, from, steps }: VerifyRequest,
  stored: TrainingConfig,
  logged: number,
): Promise<Start> {
  const checkpoints = await listCheckpoints(run);
  const chosen = from ?? checkpoints.find(({ step }) => step + steps <= logged)?.step ?? 0;
  if (chosen >= logged) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `--from is ${chosen}, but the log of ${run} ends at step ${logged}.`,
      {
        fix: 'Name an earlier checkpoint, or 0 for the beginning.',
      },
    );
  }
  if (chosen === 0) return { step: 0, config: stored, path: null };
  const entry = checkpoints.find(({ step }) => step === chosen);
  if (!entry) {
    const known = [...checkpoints.map(({ step }) => step), 0].join(', ');
    throw new AttuneError(
      'INVALID_CONFIG',
      `--from is ${chosen}, but ${run} has no checkpoint of that step.`,
      {
        fix: `There are ${known}.`,
      },
    );
  }
  const folder = await readCheckpoint(entry.path);
  const config = (folder.run['config'] as TrainingConfig | undefined) ?? stored;
  return { step: chosen, config, path: entry.path, folder };
}

/** The model a replay begins with, if the configuration alone does not say. */
async function sourceOf({ folder, path, config }: Start, context: Context): Promise<OpenModel | undefined> {
  if (!folder || path === null) {
    return config.initFrom === undefined ? undefined : openModel(config.initFrom, context);
  }
  return modelOfCheckpoint(path, folder);
}

interface Replay {
  readonly backend: Backend;
  readonly data: TrainingData;
  readonly source: OpenModel | undefined;
  readonly lastStep: number;
}

async function replay(
  { config, folder }: Start,
  { backend, data, source, lastStep }: Replay,
): Promise<number[]> {
  const first = folder ? undefined : source;
  const trainer = createTrainer(config, backend, createModel(config, data, source), data, first);
  try {
    if (folder) await trainer.restore(folder.checkpoint);
    const losses: number[] = [];
    for await (const { loss } of trainer.fit({ maxIters: lastStep })) losses.push(loss);
    return losses;
  } finally {
    await trainer.dispose();
  }
}

function compare(expected: readonly StepMetrics[], losses: readonly number[]) {
  const differences = expected.map(({ loss }, i) => Math.abs(loss - (losses[i] ?? NaN)));
  const undefinedAt = differences.findIndex(Number.isNaN);
  const worst = undefinedAt >= 0 ? undefinedAt : differences.indexOf(Math.max(...differences));
  return {
    maxLossDifference: undefinedAt >= 0 ? null : differences[worst]!,
    worstStep: expected[worst]!.step,
  };
}

/** Bit by bit where the same backend computes the same each time. */
function defaultTolerance(backend: Backend, logged: readonly string[]): number {
  const same = logged.length === 1 && logged[0] === backend.name;
  return same && backend.capabilities.deterministic ? 0 : ACROSS_BACKENDS;
}

/** @throws AttuneError CHECKPOINT_MISMATCH if the steps did not come out as logged. */
export function checkAgreement(report: VerifyReport): void {
  if (report.agrees) return;
  const { firstStep, lastStep, worstStep, maxLossDifference, tolerance, run } = report;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `Steps ${firstStep} to ${lastStep} of ${run} come out differently: the loss of step ${worstStep} is off by ` +
      `${maxLossDifference ?? 'more than a number tells'}, where ${tolerance} is allowed.`,
    {
      fix: 'Either the log or the checkpoint was changed, or the backend or its version is another (see run.json).',
      data: { ...report },
    },
  );
}
