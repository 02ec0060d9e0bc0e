import { availableParallelism } from 'node:os';
import { AttuneError, type EngineChoice, type PeerResolver } from '@attune/core';

/** The engines of the CPU backend, the default first. */
export const cpuEngines = ['onnxruntime'] as const;

/** Options of the CPU backend. */
export interface CpuOptions extends EngineChoice {
  readonly engine?: (typeof cpuEngines)[number];
  /** Threads that compute, 256 at most. Default: as many as the machine has processors for this process. */
  readonly threads?: number;
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
