import type { DeviceMemory, HostCopies } from './device-memory.js';

/** The peaks of a run's resident memory, in bytes: the largest of its phases. */
export interface PeakMemory {
  /** The process without a model: software, data and tokenizer. */
  readonly process: number;
  /** While weights are loaded. */
  readonly loading: number;
  /** While it trains. */
  readonly training: number;
  /** While a checkpoint, or the finished model, is written from a copy on the host. */
  readonly saving: number;
  readonly peak: number;
}

/** Backends that compute in the memory of the process. Others have memory of their own. */
const IN_PROCESS: readonly string[] = ['cpu', 'wasm', 'reference'];

/** True if tensors of a backend count as resident memory of the process. */
export const isInProcess = (backend: { readonly name: string }): boolean => IN_PROCESS.includes(backend.name);

/**
 * Arrays that are no longer used stay in memory until V8 collects them, and the allocator of the system then keeps their pieces.
 * Measured with Node 20 in a loop that allocates arrays of one size, 1 GiB in all, and drops each: by then `arrayBuffers` of
 * `process.memoryUsage()` had reached 40 MiB for arrays of 64 KiB, 30 for 256 KiB, and 23 for 1, 4 and 16 MiB (medians).
 */
const GARBAGE_BYTES = 32 * 2 ** 20;

/** The most that is garbage when so much has gone through the host's memory. */
const garbage = (bytes: number) => Math.min(bytes, GARBAGE_BYTES);

/**
 * The peaks of a run.
 *
 * @param process resident bytes of a process that has everything of the run open but its device.
 */
export function peakMemory(
  device: DeviceMemory,
  { loading, loaded, checkpoint }: HostCopies,
  process: number,
  inProcess: boolean,
): PeakMemory {
  const on = (bytes: number) => (inProcess ? bytes : 0);
  const { parameters, optimizer, step, programs, extras } = device;
  // Tensors that are allocated later lie where those that were loaded had their copies.
  const beside = inProcess ? Math.max(optimizer, garbage(loaded)) : garbage(loaded);
  const training = process + on(parameters) + beside + on(step + programs + extras);
  const peaks = {
    loading: process + (inProcess ? loading : garbage(loaded)),
    training,
    saving: training + checkpoint + garbage(checkpoint),
  };
  return { process, ...peaks, peak: Math.max(...Object.values(peaks)) };
}
