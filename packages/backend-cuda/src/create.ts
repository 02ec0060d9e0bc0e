import { totalmem } from 'node:os';
import { engineBackend, type Backend, type DeviceInfo, type PeerResolver } from '@attune/core';
import { cudaEngine } from './engine.js';
import { listGpus, usedGpu } from './doctor/gpus.js';
import { builtWithCuda } from './load/cuda-build.js';
import { findDriver } from './load/driver.js';
import { LoadFailure, noGpu } from './load/load-failure.js';
import { loadOnce, type Loaded } from './load/load.js';
import { locateHere } from './load/locate.js';
import type { CudaOptions } from './options.js';

async function deviceOf({ tensorflow, gpu }: Loaded, tf32: boolean): Promise<DeviceInfo> {
  const library = `TensorFlow ${tensorflow}`;
  // Not `software`: whoever came here has asked for it.
  if (!gpu) return { kind: 'cpu', description: `${library} on the CPU`, memoryBytes: totalmem() };
  const used = usedGpu(await listGpus(), process.env);
  return {
    kind: 'gpu',
    description: `${library} on ${used?.name ?? 'a GPU'}, ${tf32 ? 'TF32' : 'float32'}`,
    ...(used && { memoryBytes: used.memoryBytes }),
  };
}

/** Why there is no GPU, as far as it can be found out. */
async function refusal({ tensorflow }: Loaded, resolvePeer?: PeerResolver): Promise<LoadFailure> {
  const located = locateHere(resolvePeer);
  return noGpu(tensorflow, findDriver(), located && (await builtWithCuda(located.libraries)));
}

/**
 * Loads TensorFlow and makes a backend on it.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE, or INVALID_ARGUMENT if TensorFlow runs with another `tf32` already.
 */
export async function createCuda({
  allowCpu = false,
  tf32 = false,
  resolvePeer,
}: CudaOptions = {}): Promise<Backend> {
  try {
    const loaded = await loadOnce({ tf32 }, resolvePeer);
    if (!loaded.gpu && !allowCpu) throw await refusal(loaded, resolvePeer);
    return engineBackend(cudaEngine(await deviceOf(loaded, tf32), { gpu: loaded.gpu, tf32 }));
  } catch (error) {
    throw error instanceof LoadFailure ? error.toAttuneError() : error;
  }
}
