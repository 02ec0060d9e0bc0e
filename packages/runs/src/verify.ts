import { AttuneError, type Backend, type EngineChoice, type StepMetrics } from '@attune/core';
import type { Trainer } from '@attune/train';
import type { RunHost } from './models/model/host.js';
import { compareSteps, type StepDifferences } from './record/compare-steps.js';
import { engineOfSession, flagsOfEngine, formatEngine, isSameEngine } from './record/engine-of-session.js';
import { isOwnBackend, ownBackendOf, packageOfBackend } from './record/backend-package.js';
import {
  checkSameOrigin,
  hashesOfRun,
  sessionsOf,
  type RunRecord,
  type RunSession,
} from './record/run-record.js';
import { METRICS_JSONL } from './record/run-files.js';
import { readRun } from './record/run-folder.js';
import type { NamedCheckpoint, RunReader, StoredCheckpoint } from './record/run-store.js';
import { storedSettings } from './record/stored-settings.js';
import { changedSettings } from './settings/resuming.js';
import type { RunConfig } from './settings/shared-fields.js';
import type { FittedRun, OpenTask, Task } from './tasks/common/task.js';

/** The request of `attune verify`. */
export interface VerifyRequest extends EngineChoice {
  readonly run: string;
  /** How many steps to do again. */
  readonly steps: number;
  /** The step to begin after: 0, or that of a checkpoint. Default: the last that has as many steps behind it. */
  readonly from?: number;
  /** Default: the one the run was trained on. */
  readonly backend?: string;
  /** Where the data is, if not where the run found it. */
  readonly data?: string;
  /** Default: 0 on the same deterministic backend, engine and instruction set, else 1e-5. */
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
  /** The engine with its version and instruction set: `attune 1 (avx512)`. `null` where the backend has none to choose. */
  readonly engine: string | null;
  /** Engines that these steps were done with at first and that give other bits. */
  readonly otherEngines: readonly string[];
  /** Flags that choose the engine of the log; empty where they change nothing. */
  readonly flagsOfLogged: string;
  readonly tolerance: number;
  /** True if neither difference is above the tolerance. */
  readonly agrees: boolean;
}

/** Below this, losses and norms of one run on two backends agree. */
const ACROSS_BACKENDS = 1e-5;

/** Steps of a run that can be done again: model and data are open, and those that the run began with. */
interface Replay<Config extends RunConfig> {
  readonly fitted: FittedRun<Config>;
  readonly config: Config;
  readonly stored: StoredCheckpoint | undefined;
}

/** Opens a run as it was at a checkpoint, or at its beginning. */
async function openReplay<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  open: OpenTask<Config, Stored>,
  run: RunReader,
  at: NamedCheckpoint | undefined,
  record: RunRecord | undefined,
): Promise<Replay<Config>> {
  const stored = at && (await open.readCheckpoint(run, at.name));
  const recorded = stored?.run['config'] as Partial<Asked> | undefined;
  const begun = recorded && task.recorded(recorded);
  if (begun) changedSettings(task.fields, begun, open.config, run.path, task.command, {});
  const prepared = await open.prepare(stored && { ...stored, ...at! });
  const fitted = await prepared.openData(run.ownData);
  checkSameOrigin({ hashes: hashesOfRun(stored, record), base: record?.base }, fitted.origin, run.path);
  // What may change when a run goes on is as it was at the checkpoint.
  return { fitted, config: { ...open.config, ...begun }, stored };
}

/** Does the steps up to `lastStep` again. */
async function replaySteps(
  trainer: Trainer,
  stored: StoredCheckpoint | undefined,
  lastStep: number,
): Promise<StepMetrics[]> {
  try {
    if (stored) await trainer.restore(stored.checkpoint);
    const steps: StepMetrics[] = [];
    for await (const metrics of trainer.fit({ maxIters: lastStep })) steps.push(metrics);
    return steps;
  } finally {
    await trainer.dispose();
  }
}

/**
 * Does steps of a run again, and compares their loss and the norm of their gradient with what the run's log says. The run is
 * not changed.
 *
 * @param task of the run.
 * @throws AttuneError FILE_NOT_FOUND if there is no run, or nothing was logged; INVALID_CONFIG if there is no checkpoint of
 * the step asked for, nothing was logged after it, the configuration was changed to that of another run, or the run's
 * backend is a package that the user has to name; CHECKPOINT_MISMATCH if the data, or the model that was fine-tuned, is
 * another.
 */
export async function verify<Config extends RunConfig, Asked extends object, Stored extends StoredCheckpoint>(
  task: Task<Config, Asked, Stored>,
  request: VerifyRequest,
  host: RunHost,
): Promise<VerifyReport> {
  const { data } = request;
  const run = readRun(host.folder(request.run), host.format);
  const logged = await lastLoggedStep(run);
  const start = await findStart(run, request, logged);
  const lastStep = Math.min(start.step + request.steps, logged);
  const expected = await readSteps(run, start.step, lastStep);
  const record = await run.readRecord();
  const sessions = record ? sessionsOf(record, start.step, lastStep) : [];
  const loggedBackends = [...new Set(sessions.map(({ backend }) => backend.name))];
  const settings = await storedSettings(run, task);
  const open = await task.open(task.config({ ...settings, ...(data !== undefined && { data }) }), host);
  try {
    checkReplayable(run, open.config, sessions);
    const { fitted, config, stored } = await openReplay(task, open, run, start.checkpoint, record);
    const selection = request.backend ?? backendOfRun(run, sessions.at(-1), config.backend);
    const chosen = { backend: selection, ...engineOfReplay(request, sessions.at(-1), config) };
    return await host.withBackend(chosen, async (backend) => {
      fitted.requireMemory(backend);
      const found = await replaySteps(fitted.trainer(backend, config), stored, lastStep);
      const differences = compareSteps(expected, found);
      const tolerance = request.tolerance ?? defaultTolerance(backend, selection, sessions);
      return {
        run: run.path,
        checkpoint: start.checkpoint?.path ?? null,
        firstStep: start.step + 1,
        lastStep,
        backend: backend.name,
        loggedBackends,
        ...compareEngines(backend, sessions),
        tolerance,
        ...differences,
        agrees: [differences.maxLossDifference, differences.maxGradNormDifference].every((difference) =>
          isWithin(difference, tolerance),
        ),
      };
    });
  } finally {
    await open.close();
  }
}

/** @throws AttuneError INVALID_CONFIG for steps that one process cannot do again. */
function checkReplayable(run: RunReader, { outerSteps }: RunConfig, sessions: readonly RunSession[]): void {
  const ranks = Math.max(1, ...sessions.map((session) => session.ranks ?? 1));
  if (outerSteps === 0 || ranks === 1) return;
  throw new AttuneError(
    'INVALID_CONFIG',
    `${run.path} was trained by ${ranks} ranks that took ${outerSteps} steps each on their own: one process cannot do these steps again.`,
    { fix: 'Compare two such runs with attune compare.' },
  );
}

function isWithin(difference: number | null, tolerance: number): boolean {
  return difference !== null && difference <= tolerance;
}

async function lastLoggedStep(run: RunReader): Promise<number> {
  let last = 0;
  for await (const { step } of run.steps()) last = step;
  if (last > 0) return last;
  throw new AttuneError(
    'FILE_NOT_FOUND',
    `${run.path} has no steps to compare with: ${METRICS_JSONL} tells of none.`,
  );
}

/** The steps after `from` up to `to`, as the log has them. */
async function readSteps(run: RunReader, from: number, to: number): Promise<StepMetrics[]> {
  const steps: StepMetrics[] = [];
  for await (const metrics of run.steps()) {
    if (metrics.step > from && metrics.step <= to) steps.push(metrics);
  }
  if (steps.length === to - from) return steps;
  throw new AttuneError(
    'FILE_CORRUPT',
    `${run.logPath} does not have each of the steps ${from + 1} to ${to}.`,
  );
}

/** Where a replay begins: with a checkpoint, or the run. */
async function findStart(
  run: RunReader,
  { from, steps }: VerifyRequest,
  logged: number,
): Promise<{ readonly step: number; readonly checkpoint?: NamedCheckpoint }> {
  const checkpoints = await run.checkpoints();
  const chosen = from ?? checkpoints.find(({ step }) => step + steps <= logged)?.step ?? 0;
  if (chosen >= logged) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `--from is ${chosen}, but the log of ${run.path} ends at step ${logged}.`,
      {
        fix: 'Name an earlier checkpoint, or 0 for the beginning.',
      },
    );
  }
  if (chosen === 0) return { step: 0 };
  const entry = checkpoints.find(({ step }) => step === chosen);
  if (!entry) {
    const known = [...checkpoints.map(({ step }) => step), 0].join(', ');
    throw new AttuneError(
      'INVALID_CONFIG',
      `--from is ${chosen}, but ${run.path} has no checkpoint of that step.`,
      {
        fix: `There are ${known}.`,
      },
    );
  }
  return { step: chosen, checkpoint: entry };
}

/**
 * The backend that the steps were done on, where it is one of attune's own.
 *
 * @throws AttuneError INVALID_CONFIG that asks for `--backend` where it is not.
 */
function backendOfRun(run: RunReader, session: RunSession | undefined, configured: string): string {
  if (!session) return ownBackendOf({ selection: configured, origin: run.configPath });
  const { name, package: recorded } = session.backend;
  // Records of attune 0.1.0 have the display name alone, which tells attune's own backends well enough.
  const selection = recorded ?? (isOwnBackend(name) ? name : undefined);
  return ownBackendOf({ selection, displayName: name, origin: run.recordPath });
}

/** The engine that the user chooses; else the run's. */
function engineOfReplay(
  { backend, engine, isa }: VerifyRequest,
  session: RunSession | undefined,
  configured: EngineChoice,
): EngineChoice {
  if (backend !== undefined || engine !== undefined || isa !== undefined) return { engine, isa };
  const recorded = session?.backend.engine;
  return { engine: recorded?.name ?? configured.engine, isa: configured.isa };
}

function compareEngines(
  { name, device: { engine } }: Backend,
  sessions: readonly RunSession[],
): Pick<VerifyReport, 'engine' | 'otherEngines' | 'flagsOfLogged'> {
  const others = sessions
    .filter(({ backend }) => backend.name === name)
    .map(engineOfSession)
    .filter((one) => one !== undefined)
    .filter((one) => !isSameEngine(one, engine));
  const [other] = others;
  return {
    engine: engine ? formatEngine(engine) : null,
    otherEngines: [...new Set(others.map(formatEngine))],
    flagsOfLogged: engine && other ? flagsOfEngine(other, engine) : '',
  };
}

/** Bit by bit where the same backend computes the same each time. */
function defaultTolerance(backend: Backend, selection: string, sessions: readonly RunSession[]): number {
  const used = packageOfBackend(selection, backend.name);
  const isSame = sessions.every((session) => {
    const { name, package: recorded } = session.backend;
    const isSameBackend = recorded === undefined ? name === backend.name : recorded === used;
    // Several processes add up in another order than one.
    const isAlone = (session.ranks ?? 1) === 1;
    return isAlone && isSameBackend && isSameEngine(engineOfSession(session), backend.device.engine);
  });
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
      fix: 'Either the log or the checkpoint was changed, or the backend, its engine or its version is another (see run.json).',
      data: { ...report },
    },
  );
}
