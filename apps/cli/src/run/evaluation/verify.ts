import { join } from 'node:path';
import { AttuneError, type Backend, type StepMetrics } from '@attune/core';
import { listCheckpoints } from '@attune/formats/node';
import type { Context } from '../../context.js';
import { isOwnBackend, ownBackendOf, packageOfBackend } from '../backend-package.js';
import { openFinetuningReplay } from '../finetuning/replay-finetuning.js';
import { withBackend } from '../open-backend.js';
import { openPretrainingReplay } from '../pretraining/replay-pretraining.js';
import { readMetrics } from '../run-folder/metrics-log.js';
import { readRunKind } from '../run-folder/run-config.js';
import { CONFIG_YAML, METRICS_JSONL, RUN_JSON } from '../run-folder/run-folder.js';
import { readRecord, sessionsOf, type RunSession } from '../run-folder/run-record.js';
import { compareSteps, type StepDifferences } from './compare-steps.js';
import { replaySteps, type Replay } from './replay.js';

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
export interface VerifyReport extends StepDifferences {
  readonly run: string;
  /** The checkpoint begun from; `null` for the beginning of the run. */
  readonly checkpoint: string | null;
  readonly firstStep: number;
  readonly lastStep: number;
  readonly backend: string;
  /** Backends these steps were done on at first. */
  readonly loggedBackends: readonly string[];
  readonly tolerance: number;
  /** Whether neither difference is above the tolerance. */
  readonly agrees: boolean;
}

/** Below this, losses and norms of one run on two backends agree. */
const ACROSS_BACKENDS = 1e-5;

/**
 * Does steps of a run again, and compares their loss and the norm of their gradient with what the run's log says. The run is
 * not changed.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run, or nothing was logged; INVALID_CONFIG if there is no checkpoint of
 * the step asked for, nothing was logged after it, or the run's backend is a package that the user has to name; CHECKPOINT_MISMATCH if the data, or the model that was fine-tuned, is
 * another.
 */
export async function verify(request: VerifyRequest, context: Context): Promise<VerifyReport> {
  const { run, data } = request;
  const kind = await readRunKind(run);
  const logged = await lastLoggedStep(run);
  const start = await findStart(request, logged);
  const lastStep = Math.min(start.step + request.steps, logged);
  const expected = await readSteps(run, start.step, lastStep);
  const record = await readRecord(run);
  const sessions = record ? sessionsOf(record, start.step, lastStep) : [];
  const loggedBackends = [...new Set(sessions.map(({ backend }) => backend.name))];
  const open = kind === 'finetune' ? openFinetuningReplay : openPretrainingReplay;
  const replay = await open({ run, checkpoint: start.path, data }, record, context);
  try {
    const selection = request.backend ?? backendOfRun(run, sessions.at(-1), replay);
    return await withBackend(selection, context, async (backend) => {
      const differences = compareSteps(expected, await replaySteps(replay, backend, lastStep));
      const tolerance = request.tolerance ?? defaultTolerance(backend, selection, sessions);
      return {
        run,
        checkpoint: start.path,
        firstStep: start.step + 1,
        lastStep,
        backend: backend.name,
        loggedBackends,
        tolerance,
        ...differences,
        agrees: [differences.maxLossDifference, differences.maxGradNormDifference].every((difference) =>
          isWithin(difference, tolerance),
        ),
      };
    });
  } finally {
    await replay.close();
  }
}

function isWithin(difference: number | null, tolerance: number): boolean {
  return difference !== null && difference <= tolerance;
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

/** Where a replay begins: with a checkpoint, or the run. */
async function findStart(
  { run, from, steps }: VerifyRequest,
  logged: number,
): Promise<{ readonly step: number; readonly path: string | null }> {
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
  if (chosen === 0) return { step: 0, path: null };
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
  return { step: chosen, path: entry.path };
}

/**
 * The backend that the steps were done on, where it is one of attune's own.
 *
 * @throws AttuneError INVALID_CONFIG that asks for `--backend` where it is not.
 */
function backendOfRun(run: string, session: RunSession | undefined, replay: Replay): string {
  if (!session) return ownBackendOf({ selection: replay.backend, origin: join(run, CONFIG_YAML) });
  const { name, package: recorded } = session.backend;
  // Records of attune 0.1.0 have the display name alone, which tells attune's own backends well enough.
  const selection = recorded ?? (isOwnBackend(name) ? name : undefined);
  return ownBackendOf({ selection, displayName: name, origin: join(run, RUN_JSON) });
}

/** Bit by bit where the same backend computes the same each time. */
function defaultTolerance(backend: Backend, selection: string, sessions: readonly RunSession[]): number {
  const used = packageOfBackend(selection, backend.name);
  const isSame = sessions.every(({ backend: { name, package: recorded } }) =>
    recorded === undefined ? name === backend.name : recorded === used,
  );
  return isSame && sessions.length > 0 && backend.capabilities.deterministic ? 0 : ACROSS_BACKENDS;
}

/** @throws AttuneError CHECKPOINT_MISMATCH if the steps did not come out as logged. */
export function checkAgreement(report: VerifyReport): void {
  if (report.agrees) return;
  const { firstStep, lastStep, tolerance, run } = report;
  const found = [
    { what: 'the loss', step: report.worstStep, difference: report.maxLossDifference },
    { what: "the gradient's norm", step: report.worstGradNormStep, difference: report.maxGradNormDifference },
  ]
    .filter(({ difference }) => !isWithin(difference, tolerance))
    .map(
      ({ what, step, difference }) =>
        `${what} of step ${step} is off by ${difference ?? 'more than a number tells'}`,
    );
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `Steps ${firstStep} to ${lastStep} of ${run} come out differently: ${found.join(', and ')}, where ${tolerance} is ` +
      'allowed.',
    {
      fix: 'Either the log or the checkpoint was changed, or the backend or its version is another (see run.json).',
      data: { ...report },
    },
  );
}
