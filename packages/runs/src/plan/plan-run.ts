import type { Backend, TensorSource } from '@attune/core';
import { memoryFolder } from '@attune/files';
import type { SessionPlan, Trainer } from '@attune/train';
import type { RunHost } from '../models/model/host.js';
import type { StoredCheckpoint } from '../record/run-store.js';
import type { RunConfig } from '../settings/shared-fields.js';
import type { FittedRun, Task, TrainingJob } from '../tasks/common/task.js';
import { planDeviceMemory, planHostCopies, type DeviceMemory, type HostCopies } from './device-memory.js';
import { sameRowsPerStep, withRows, type MicroBatches } from './micro-batch.js';
import { opSupport, type SupportedOp } from './op-support.js';
import { planParameters, type ParameterPlan } from './parameters.js';
import { nodesOfStep } from './step-phases.js';
import { workOfStep } from './work.js';

/** A run on a backend, as it would be. Nothing of it is allocated. */
export interface BackendPlan {
  readonly backend: Pick<Backend, 'name' | 'device'>;
  /** The ops of a step, in its order. */
  readonly ops: readonly SupportedOp[];
  /** Missing where an op is: then the run would fail. */
  readonly device?: DeviceMemory;
  readonly copies: HostCopies;
}

/** A way to cut a step into micro-batches, and what it takes. */
export interface PlannedMicroBatches extends MicroBatches {
  readonly device: DeviceMemory;
}

/** A run that is planned: its model, data and method are open. */
export interface PlannedRun {
  readonly config: RunConfig;
  /** A description of the run for the user, line by line. */
  readonly description: readonly string[];
  readonly parameters: ParameterPlan;
  /** As the settings ask for it. */
  readonly microBatches: MicroBatches;
  /** Tokens, or rows of a classification, of a step at most. */
  readonly rowsPerStep: number;
  /** Longest row, in tokens. */
  readonly rowLength: number;
  /** Plans the run on a backend. */
  on(backend: Backend): BackendPlan;
  /**
   * The first way to have the same rows in a step that fits.
   *
   * @param fits true for memory that there is.
   */
  fitting(backend: Backend, fits: (device: DeviceMemory) => boolean): PlannedMicroBatches | undefined;
  /** The tensors and programs of the run. */
  readonly session: SessionPlan;
  /** Arithmetic of a step, of so many micro-batches. */
  work(backend: Backend, microBatches: number): number;
  /** A trainer whose steps are the run's, of so many micro-batches, on other weights. */
  trainer(backend: Backend, microBatches: number, weights: TensorSources): Trainer;
}

/** Weights for a trainer, from the plan of its session. */
export type TensorSources = (session: SessionPlan) => TensorSource;

/** A run to plan. */
export interface PlanRequest<Asked extends object> {
  /** With all defaults. */
  readonly config: Asked;
  /** The settings that the user gave. */
  readonly given?: Partial<Asked>;
}

/**
 * Opens model, data and method as a run would, and hands over what can be said of the run before it begins. No folder of a run
 * is made, and nothing is allocated on a device. Data that the run would make for itself is made in memory, by a host that can.
 *
 * @throws AttuneError those of opening a run.
 */
export async function planRun<
  Config extends RunConfig,
  Asked extends object,
  Stored extends StoredCheckpoint,
  Result,
>(
  task: Task<Config, Asked, Stored>,
  { config: asked, given = {} }: PlanRequest<Asked>,
  host: RunHost,
  work: (planned: PlannedRun, backend: Backend) => Promise<Result>,
): Promise<Result> {
  const open = await task.open(asked, host, given);
  try {
    const { config } = open;
    const prepared = await open.prepare(undefined);
    const withData = async (fitted: FittedRun<Config>) =>
      host.withBackend(config, async (backend) =>
        work(planned(fitted, config, await fitted.job(backend), backend), backend),
      );
    if (!open.preparesData) return await withData(await prepared.openData());
    const folder = memoryFolder([], 'the data of the run');
    await host.prepareOwnData(folder, true);
    return await withData(await prepared.openData(folder));
  } finally {
    await open.close();
  }
}

function planned<Config extends RunConfig>(
  fitted: FittedRun<Config>,
  config: Config,
  { saver, sampler, validation, description, trainer }: TrainingJob,
  chosen: Backend,
): PlannedRun {
  const asked: MicroBatches = {
    batchSize: rowsOf(trainer.plan()),
    gradientAccumulationSteps: config.gradientAccumulationSteps,
    gradientCheckpointing: config.gradientCheckpointing,
  };
  const first = trainer.plan();
  const session = (backend: Backend, ways: MicroBatches = asked) => {
    const { gradientAccumulationSteps, gradientCheckpointing } = ways;
    const settings = { ...config, gradientAccumulationSteps, gradientCheckpointing };
    return fitted.trainer(backend, settings).plan(withRows(first.batch, ways.batchSize));
  };
  const extras = {
    evaluation: validation && trainer.evaluationProgram(validation),
    texts: sampler?.texts,
  };
  const deviceOf = (backend: Backend, ways?: MicroBatches) =>
    planDeviceMemory(ways ? session(backend, ways) : first, extras, backend);
  const nodes = nodesOfStep(first);
  return {
    config,
    description,
    parameters: planParameters(first.model),
    microBatches: asked,
    rowsPerStep: asked.batchSize * asked.gradientAccumulationSteps,
    rowLength: lengthOf(first),
    on(backend) {
      const ops = opSupport(nodes, backend.capabilities);
      const runs = ops.every(({ support }) => support !== 'missing');
      const { name, device } = backend;
      return {
        backend: { name, device },
        ops,
        ...(runs && { device: deviceOf(backend) }),
        copies: planHostCopies(first, saver.savesFrozen),
      };
    },
    fitting(backend, fits) {
      for (const ways of sameRowsPerStep(asked)) {
        const device = deviceOf(backend, ways);
        if (fits(device)) return { ...ways, device };
      }
      return undefined;
    },
    session: first,
    work: (backend, microBatches) =>
      workOfStep(
        backend === chosen && microBatches === asked.gradientAccumulationSteps
          ? first
          : session(backend, { ...asked, gradientAccumulationSteps: microBatches }),
        microBatches,
      ),
    trainer(backend, microBatches, weights) {
      const settings = { ...config, gradientAccumulationSteps: microBatches };
      return fitted.trainer(backend, settings, async () => weights(first));
    },
  };
}

const fieldShapes = ({ batch }: SessionPlan) => Object.values(batch).map(({ shape }) => shape);

/** Rows of a micro-batch. */
const rowsOf = (session: SessionPlan): number => fieldShapes(session)[0]?.[0] ?? 1;

/** Tokens of the longest row. */
const lengthOf = (session: SessionPlan): number =>
  Math.max(1, ...fieldShapes(session).map(([, length = 1]) => length));
