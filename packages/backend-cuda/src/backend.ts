import { totalmem } from 'node:os';
import { defineBackend, engineBackend, type Availability, type Backend, type DeviceInfo } from '@attune/core';
import { availabilityOf } from './availability.js';
import { cudaEngine } from './engine.js';
import { listGpus, usedGpu } from './gpus.js';
import { findDriver } from './load/driver.js';
import { LoadFailure, noGpu } from './load/load-failure.js';
import { loadOnce, nodeLoader, type Loaded } from './load/load.js';
import type { CudaOptions } from './options.js';

async function deviceOf({ tensorflow, gpu }: Loaded, tf32: boolean): Promise<DeviceInfo> {
  const library = `TensorFlow ${tensorflow}`;
  if (!gpu) {
    // Not `software`: whoever came here has asked for it.
    return { kind: 'cpu', description: `${library} on the CPU`, memoryBytes: totalmem() };
  }
  const used = usedGpu(await listGpus(), process.env);
  return {
    kind: 'gpu',
    description: `${library} on ${used?.name ?? 'a GPU'}, ${tf32 ? 'TF32' : 'float32'}`,
    ...(used && { memoryBytes: used.memoryBytes }),
  };
}

async function create({ allowCpu = false, tf32 = false }: CudaOptions = {}): Promise<Backend> {
  try {
    const loaded = await loadOnce({ tf32 });
    if (!loaded.gpu && !allowCpu) throw noGpu(loaded.tensorflow, findDriver());
    return engineBackend(cudaEngine(await deviceOf(loaded, tf32), loaded.gpu));
  } catch (error) {
    throw error instanceof LoadFailure ? error.toAttuneError() : error;
  }
}

/**
 * TensorFlow's kernels, for Node on a machine with an NVIDIA GPU.
 *
 * Needs the package `@tensorflow/tfjs-node-gpu` and TensorFlow's C library, neither of which is installed along with this
 * one: `attune setup cuda` prepares both. Kernels run in the calling thread; on a GPU, they are queued there, and the
 * thread waits where values are read.
 */
export const backend = defineBackend<CudaOptions>({
  name: 'cuda',
  isAvailable: async (): Promise<Availability> => availabilityOf(nodeLoader.locate(), findDriver()),
  create,
});
