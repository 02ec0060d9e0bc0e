import { AttuneError, engineBackend, type Availability, type Backend } from '@attune/core';
import { threadsOf, type CpuOptions } from '../options/options.js';
import { StartFailure } from './worker/start-failure.js';
import { Worker } from './worker/client.js';
import type { WorkerSettings } from './worker/protocol.js';

/** The data that the worker is started with. */
function settingsOf(threads: number, { resolvePeer }: CpuOptions): WorkerSettings {
  const onnxruntime = resolvePeer?.('onnxruntime-node');
  return { threads, ...(onnxruntime !== undefined && { onnxruntime }) };
}

/** Looks whether onnxruntime loads, in a worker of its own that ends at once. */
export async function probe(options: CpuOptions = {}, workerFile?: URL): Promise<Availability> {
  try {
    await import('./engine.js');
    const worker = await Worker.start(settingsOf(1, options), workerFile);
    const { version } = worker;
    await worker.close();
    return { available: true, description: `onnxruntime ${version}` };
  } catch (error) {
    const { reason, fix, packages } = StartFailure.from(error);
    return { available: false, reason, ...(fix && { fix }), ...(packages && { packages }) };
  }
}

/** Makes the backend on onnxruntime, with its worker from the given file. */
export async function createOnOnnxruntime(options: CpuOptions = {}, workerFile?: URL): Promise<Backend> {
  const threads = threadsOf(options);
  try {
    // Its lowering is a package that is not installed along with this one.
    const { cpuEngine } = await import('./engine.js');
    return engineBackend(cpuEngine(await Worker.start(settingsOf(threads, options), workerFile), threads));
  } catch (error) {
    const { reason, fix } = StartFailure.from(error);
    throw new AttuneError('BACKEND_UNAVAILABLE', `The CPU backend cannot start: ${reason}.`, {
      cause: error,
      ...(fix && { fix }),
    });
  }
}
