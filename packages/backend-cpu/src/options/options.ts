import { availableParallelism } from 'node:os';
import {
  AttuneError,
  isaFault,
  MAX_THREADS,
  threadsFault,
  type EngineChoice,
  type PeerResolver,
} from '@attune/core';

/** The engines of the CPU backend, the default first. */
export const cpuEngines = ['attune', 'onnxruntime'] as const;

/** The instruction sets of the engine `attune`. */
export const cpuInstructionSets = ['avx512', 'avx2', 'neon'] as const;

export type CpuInstructionSet = (typeof cpuInstructionSets)[number];

/** Options of the CPU backend. */
export interface CpuOptions extends EngineChoice {
  /** The kernels that compute: attune's own, or, to compare with, those of onnxruntime. */
  readonly engine?: (typeof cpuEngines)[number] | undefined;
  /**
   * The instruction set of the engine `attune`. Pinned, results are the same to the bit on every machine that has it. Default:
   * the best of the processor.
   */
  readonly isa?: CpuInstructionSet | undefined;
  /** Threads that compute, 256 at most. Default: as many as the machine has processors for this process. */
  readonly threads?: number | undefined;
  /** For the engine `onnxruntime`: finds `onnxruntime-node` elsewhere. Without it, it is imported from where this package is installed. */
  readonly resolvePeer?: PeerResolver;
}

/** @throws AttuneError INVALID_ARGUMENT. */
export function threadsOf({ threads = Math.min(availableParallelism(), MAX_THREADS) }: CpuOptions): number {
  const fault = threadsFault(threads);
  if (fault === undefined) return threads;
  throw new AttuneError('INVALID_ARGUMENT', `${fault}.`, {
    fix: `This machine has ${availableParallelism()} processors for it.`,
  });
}

/** Says why an engine cannot have the instruction set that was chosen; `undefined` if it can, or the processor decides. */
export const cpuIsaFault = (engine: string, options: CpuOptions): string | undefined =>
  isaFault('cpu', engine, engine === 'attune' ? cpuInstructionSets : undefined, options);
