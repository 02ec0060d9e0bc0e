import { defineBackend, engineBackend } from '@attune/core';
import { describeAdapter, findAdapter, type AdapterOptions } from './adapter.js';
import { Device, openDevice } from './device.js';
import { webgpuEngine } from './engine.js';
import { findOrt, loadOrt } from './onnxruntime.js';
import type { OrtPaths } from './ort-paths.js';

/** Options of the WebGPU backend. */
export interface WebGpuOptions extends AdapterOptions {
  /**
   * Where a browser finds the `.mjs` and `.wasm` files of `onnxruntime-web`: a folder's URL that ends in `/`, or a URL
   * for each. Bundlers that know `new URL(…, import.meta.url)` need none. Counts for the first backend that is made.
   */
  readonly wasmPaths?: OrtPaths;
  /** A device that the application has already. It stays the application's, who destroys it after the backend. */
  readonly device?: GPUDevice;
}

/**
 * Runs on the GPU, through onnxruntime: in a page, in a worker, and in Node with the package `webgpu`.
 *
 * A Node process ends only when V8 has optimised the parts of onnxruntime's WebAssembly that a run made hot: after a
 * short run on few cores, that can be a minute later. `node --liftoff-only` leaves it out.
 */
export const backend = defineBackend<WebGpuOptions>({
  name: 'webgpu',

  isAvailable: async (options = {}) => {
    const adapter = await findAdapter(options);
    if ('reason' in adapter) return { available: false, ...adapter };
    const missing = await findOrt(options.resolvePeer);
    if (missing) return { available: false, ...missing };
    return { available: true, ...describeAdapter(adapter) };
  },

  create: async ({ wasmPaths, device, ...adapter } = {}) => {
    const opened = device
      ? new Device(device, describeAdapter({ info: device.adapterInfo }), false)
      : await openDevice(adapter);
    return engineBackend(webgpuEngine(await loadOrt(wasmPaths, adapter.resolvePeer), opened));
  },
});
