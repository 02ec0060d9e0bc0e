import {
  bytesOf,
  decompose,
  peakBytes,
  totalBytes,
  type Backend,
  type Parameter,
  type Program,
  type ProgramMemory,
} from '@attune/core';
import { storedSpecs } from '@attune/nn';
import { accumulatorNames, planDecoder, type SessionPlan } from '@attune/train';
import type { TextSizes } from '../sampling/sampler.js';

/** The bytes that a run takes on its device, by what they are for. */
export interface DeviceMemory {
  /** Parameters and buffers. */
  readonly parameters: number;
  /** The optimizer's tensors and, where several batches make a step, accumulators. */
  readonly optimizer: number;
  /** Values of a run of the largest program of the step: activations and gradients. */
  readonly step: number;
  /** Constants and the like, which the programs of the step hold as long as they are compiled. */
  readonly programs: number;
  /** The most that evaluation and samples take beside all that. */
  readonly extras: number;
  /** False where the engine does not know its memory in advance, and the values that are alive at once are counted. */
  readonly exact: boolean;
}

/** The work of a run beside its steps. */
export interface RunExtras {
  readonly evaluation?: Program | undefined;
  readonly texts?: TextSizes | undefined;
}

/** A program's memory: as the engine plans it, or the values that are alive at once where each op is run by itself. */
function memoryOf(backend: Backend, program: Program): ProgramMemory {
  if (backend.programMemory) return backend.programMemory(program);
  const native = new Set(backend.capabilities.native);
  const legal = decompose(program, ({ op }) => !native.has(op));
  return { shared: peakBytes(legal) + totalBytes(legal.feeds), own: 0 };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/**
 * Plans the memory of a run on a backend. Nothing is allocated.
 *
 * @throws AttuneError UNSUPPORTED_OP, DTYPE_MISMATCH as `compile` does.
 */
export function planDeviceMemory(
  { parameters, training, microBatch, accumulation }: SessionPlan,
  { evaluation, texts }: RunExtras,
  backend: Backend,
): DeviceMemory {
  const step = [microBatch, ...(accumulation ? [accumulation.apply, accumulation.clear] : [])];
  const decoder = texts && planDecoder(texts.model, texts);
  const memories = step.map((program) => memoryOf(backend, program));
  const others = [...(evaluation ? [evaluation] : []), ...(decoder?.programs ?? [])].map((program) =>
    memoryOf(backend, program),
  );
  const largest = Math.max(...memories.map(({ shared }) => shared));
  const beyond = Math.max(0, ...others.map(({ shared }) => shared - largest));
  return {
    parameters: totalBytes(parameters),
    optimizer: totalBytes(training),
    step: largest,
    programs: sum(memories.map(({ own }) => own)),
    extras: beyond + sum(others.map(({ own }) => own)) + (decoder ? totalBytes(decoder.caches) : 0),
    exact: backend.programMemory !== undefined,
  };
}

/** All of it. */
export function deviceBytes({ parameters, optimizer, step, programs, extras }: DeviceMemory): number {
  return sum([parameters, optimizer, step, programs, extras]);
}

/** The bytes that a run moves between files, host and device. */
export interface HostCopies {
  /** The most that loading has in memory: the parameters up to one, and the copies of that one on the host. */
  readonly loading: number;
  /** The model, as it is copied to the device. */
  readonly loaded: number;
  /** The checkpoint: parameters, as far as they are saved, and the optimizer's tensors, all in f32. */
  readonly checkpoint: number;
}

/** As it is read and as it is written, in f32: bf16 is half of it. Counted from what loading does, not measured. */
const COPIES_WHILE_LOADING = 1.5;

/**
 * Plans the copies of a run.
 *
 * @param savesFrozen checkpoints hold what is not trained.
 */
export function planHostCopies({ model, training }: SessionPlan, savesFrozen: boolean): HostCopies {
  const wide = ({ shape }: Parameter) => bytesOf({ shape, dtype: 'f32' });
  let [held, loading] = [0, 0];
  for (const parameter of model.parameters) {
    held += totalBytes(storedSpecs(parameter));
    loading = Math.max(loading, held + COPIES_WHILE_LOADING * wide(parameter));
  }
  const saved = model.parameters.filter(({ trainable }) => trainable || savesFrozen);
  const slots = Object.entries(training).filter(([name]) => !name.startsWith(ACCUMULATED));
  return {
    loading,
    loaded: sum(model.parameters.map(wide)),
    checkpoint: sum(saved.map(wide)) + totalBytes(Object.fromEntries(slots)),
  };
}

/** How the names of accumulators begin, which no checkpoint holds. */
const ACCUMULATED = accumulatorNames.gradient('').split('.')[0]!;
