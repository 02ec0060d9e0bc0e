import { isAttuneError, probeBackends, type Backend } from '@attune/core';
import {
  deviceBytes,
  isInProcess,
  peakMemory,
  planRun,
  type BackendPlan,
  type DeviceMemory,
  type MicroBatches,
  type ParameterPlan,
  type PeakMemory,
  type PlannedRun,
  type PlanRequest,
  type RunConfig,
  type RunHost,
  type StoredCheckpoint,
  type SupportedOp,
  type Task,
} from '@attune/runs';
import type { Context } from '../environment/context.js';
import { openBackend } from '../backends/open-backend.js';
import { machineMemory, processBytes, type MachineMemory } from './machine-memory.js';
import { measureStep, microBatchesMeasured } from './measure-step.js';
import { firstTrial, probeRate } from './probe.js';
import { stepCache, stepKey } from './step-cache.js';

/** The time of a step, in milliseconds, and how it was found. */
export interface StepTime {
  readonly stepMs: number;
  /** Measured on steps of this very run with other weights, or estimated, roughly, from small models. */
  readonly basis: 'measured' | 'estimated';
  /** Steps that were measured. */
  readonly steps?: number;
  /** The time of the measurement, where an earlier plan made it. */
  readonly measuredAt?: string;
}

/** A backend that can run here. */
export interface PlannedBackend {
  readonly name: string;
  readonly description: string;
  readonly chosen: boolean;
  readonly ops: readonly SupportedOp[];
  readonly memory?: {
    readonly device: DeviceMemory;
    /** Resident memory of the process. */
    readonly resident: PeakMemory;
    /** Within the memory that is available, and the device's. */
    readonly fits: boolean;
  };
  /** Missing where it does not run, and where it was never measured and is not to be. */
  readonly time?: StepTime;
}

/** A backend that cannot. */
export interface UnavailableBackend {
  readonly name: string;
  readonly reason: string;
}

/** The plan of a run: memory, time and ops by backend. */
export interface Plan {
  readonly description: readonly string[];
  /** Steps of the run at most. */
  readonly maxIters: number;
  readonly parameters: ParameterPlan;
  readonly machine: MachineMemory;
  readonly backends: readonly PlannedBackend[];
  readonly unavailable: readonly UnavailableBackend[];
  readonly microBatches: {
    readonly asked: MicroBatches;
    /** Rows of a step, and tokens of the longest. */
    readonly rowsPerStep: number;
    readonly rowLength: number;
    /** The first way to have the same rows in a step that fits; `null` if none does. */
    readonly fitting: MicroBatches | null;
  };
}

/** The options of a plan. */
export interface PlanOptions {
  /** Measure steps unless an earlier plan did, always, or never: then only a time that is kept is told. */
  readonly calibrate: 'once' | 'always' | 'never';
  /** Leave the other backends alone. */
  readonly chosenOnly?: boolean;
}

/** All that measuring may take. */
const CALIBRATION_MS = 10_000;

/** Filling weights and compiling takes about so long for a million parameters: GPT-2 124M, 3.5 s on two cores that were busy. */
const SETUP_MS_PER_MILLION = 20;

/** Steps are measured only if so many times the memory that is planned is available. */
const MEMORY_MARGIN = 1.15;

/** Plans a run on every backend that can run here, the chosen one in detail. */
export async function makePlan<
  Config extends RunConfig,
  Asked extends object,
  Stored extends StoredCheckpoint,
>(
  task: Task<Config, Asked, Stored>,
  request: PlanRequest<Asked>,
  host: RunHost,
  context: Context,
  options: PlanOptions,
): Promise<Plan> {
  const machine = await machineMemory();
  return planRun(task, request, host, async (planned, chosen) => {
    const planner = new Planner(planned, machine, context, options);
    const first = await planner.plan(chosen);
    const fits = planner.limitsOf(chosen);
    const fitting = first.memory && planned.fitting(chosen, fits);
    const others = options.chosenOnly ? { planned: [], unavailable: [] } : await planner.others(chosen);
    return {
      description: planned.description,
      maxIters: planned.config.maxIters,
      parameters: planned.parameters,
      machine,
      backends: [first, ...others.planned],
      unavailable: others.unavailable,
      microBatches: {
        asked: planned.microBatches,
        rowsPerStep: planned.rowsPerStep,
        rowLength: planned.rowLength,
        fitting: fitting ? waysOf(fitting) : null,
      },
    };
  });
}

const waysOf = ({ batchSize, gradientAccumulationSteps, gradientCheckpointing }: MicroBatches) => ({
  ...{ batchSize, gradientAccumulationSteps, gradientCheckpointing },
});

/** Plans one run on one backend after the other. */
class Planner {
  private readonly until = performance.now() + CALIBRATION_MS;
  private process = 0;
  private copies: BackendPlan['copies'] | undefined;

  constructor(
    private readonly planned: PlannedRun,
    private readonly machine: MachineMemory,
    private readonly context: Context,
    private readonly options: PlanOptions,
  ) {}

  /** Tells whether so much of a backend's memory is there. */
  limitsOf(backend: Backend): (device: DeviceMemory) => boolean {
    return (device) => {
      const limit = backend.device.memoryBytes ?? Infinity;
      const { peak } = peakMemory(device, this.copies!, this.process, isInProcess(backend));
      return deviceBytes(device) <= limit && peak <= this.machine.available;
    };
  }

  /**
   * Plans the run on a backend.
   *
   * @param before resident bytes before the backend was opened; `undefined` for the one that is chosen.
   */
  async plan(backend: Backend, before?: number): Promise<PlannedBackend> {
    const chosen = before === undefined;
    const { ops, device, copies } = this.planned.on(backend);
    this.copies = copies;
    const { name } = backend;
    const common = { name, description: backend.device.description, chosen, ops };
    if (!device) return common;
    const first = await firstTrial(backend);
    this.process = chosen ? processBytes() : this.process + Math.max(0, processBytes() - before);
    const fits = this.limitsOf(backend)(device);
    const resident = peakMemory(device, copies, this.process, isInProcess(backend));
    // A plan may be wrong by that much, and measuring is not to take the memory of others.
    const mayRun = chosen && fits && resident.peak * MEMORY_MARGIN <= this.machine.available;
    const time = await this.time(backend, first, mayRun);
    return { ...common, memory: { device, resident, fits }, ...(time && { time }) };
  }

  private async time(
    backend: Backend,
    first: Parameters<typeof probeRate>[1],
    mayRun: boolean,
  ): Promise<StepTime | undefined> {
    const { planned } = this;
    const { calibrate } = this.options;
    const { gradientAccumulationSteps: count } = planned.microBatches;
    const cache = stepCache(this.context);
    const key = stepKey(backend, planned.session, count);
    const known = calibrate === 'always' && mayRun ? undefined : await cache.get(key);
    if (known) return { ...known, basis: 'measured' };
    if (calibrate === 'never') return undefined;
    const left = () => this.until - performance.now() - this.setupMs();
    // A rate that small models show is too low, if anything: where one step fits at it, more will.
    const least = planned.work(backend, microBatchesMeasured(planned));
    // The smallest model is slow for its arithmetic: what is soon over at its speed needs no other trial.
    if (!mayRun || least / (first.work / first.stepMs) > left()) {
      const rate = await probeRate(backend, first);
      const estimate = planned.work(backend, count) / rate;
      if (!mayRun || least / rate > left()) return { stepMs: estimate, basis: 'estimated' };
    }
    const measured = await measureStep(planned, backend, left());
    await cache.put(key, measured);
    return { ...measured, basis: 'measured' };
  }

  /** Before the first step of a measurement, weights are filled and programs compiled. */
  private setupMs(): number {
    const { trained, frozen } = this.planned.parameters;
    return ((trained.count + frozen.count) / 1e6) * SETUP_MS_PER_MILLION;
  }

  /** Plans the run on the backends that were not chosen. */
  async others(
    chosen: Backend,
  ): Promise<{ readonly planned: PlannedBackend[]; readonly unavailable: UnavailableBackend[] }> {
    const { context } = this;
    const options = context.backendOptions?.();
    const planned: PlannedBackend[] = [];
    const unavailable: UnavailableBackend[] = [];
    for (const { name, availability } of await probeBackends(context.importer, options)) {
      if (name === chosen.name) continue;
      if (!availability.available) {
        unavailable.push({ name, reason: availability.reason });
        continue;
      }
      const [ofChosen, before] = [this.process, processBytes()];
      try {
        const backend = await openBackend({ backend: name }, context);
        try {
          planned.push(await this.plan(backend, before));
        } finally {
          await backend.dispose();
        }
      } catch (error) {
        if (!isAttuneError(error)) throw error;
        unavailable.push({ name, reason: error.message });
      } finally {
        this.process = ofChosen;
      }
    }
    return { planned, unavailable };
  }
}
