import { availableParallelism } from 'node:os';
import { AttuneError, didYouMean, type EngineChoice, type PeerResolver } from '@attune/core';

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

/** Threads beyond the processors wait for each other; a thousand do so forever. */
const MAX_THREADS = 256;

/** @throws AttuneError INVALID_ARGUMENT. */
export function threadsOf({ threads = Math.min(availableParallelism(), MAX_THREADS) }: CpuOptions): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return threads;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `threads must be a whole number from 1 to ${MAX_THREADS}, but is ${String(threads)}.`,
    { fix: `This machine has ${availableParallelism()} processors for it.` },
  );
}

/** Says why an engine cannot have the instruction set that was chosen; `undefined` if it can, or the processor decides. */
export function isaFault(engine: string, { isa }: CpuOptions): string | undefined {
  if (isa === undefined) return undefined;
  if (engine === 'onnxruntime') {
    return `the engine onnxruntime has no choice of instruction set, but isa is ${JSON.stringify(isa)}`;
  }
  if (cpuInstructionSets.includes(isa)) return undefined;
  return `cpu has no instruction set ${JSON.stringify(isa)}. ${didYouMean(String(isa), cpuInstructionSets)}`;
}
