import { AttuneError } from '@attune/core';
import type * as Ort from 'onnxruntime-web/webgpu';
import { awake } from './dawn.js';

export type OrtModule = typeof Ort;

/** Where onnxruntime's WebAssembly files are: a folder's URL that ends in `/`, or a URL for each. */
export type OrtPaths = string | { readonly mjs?: string; readonly wasm?: string };

let loading: Promise<OrtModule> | undefined;

/** Loads onnxruntime, once WebGPU is in place: it looks for it when it is loaded. */
export function loadOrt(wasmPaths?: OrtPaths): Promise<OrtModule> {
  return (loading ??= (async () => {
    const ort = await import('onnxruntime-web/webgpu');
    // The GPU does the work: threads would only ask for a page that is cross-origin isolated.
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.proxy = false;
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    return ort;
  })());
}

let last: Promise<unknown> = Promise.resolve();

/** Runs `work` alone: onnxruntime's WebAssembly takes one call at a time, from all sessions together. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(() => awake(work));
  last = result.catch(() => undefined);
  return result;
}

/** Opens a session on a GPU, and on nothing else: an op that would run on the CPU makes it fail. */
export function openSession(
  ort: OrtModule,
  device: GPUDevice,
  model: Uint8Array,
  name: string,
): Promise<Ort.InferenceSession> {
  return alone(async () => {
    try {
      return await ort.InferenceSession.create(model, {
        // Another layout, or the optimizer that is left out below, moves transposes about, past comparisons too; but WebGPU
        // transposes no bool.
        executionProviders: [{ name: 'webgpu', device, preferredLayout: 'NCHW' }],
        preferredOutputLocation: 'gpu-buffer',
        // Replays of captured commands are stale where buffers change, as the state's do.
        enableGraphCapture: false,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        extra: {
          session: { disable_cpu_ep_fallback: '1' },
          optimization: { disable_specified_optimizers: 'TransposeOptimizer' },
        },
      });
    } catch (error) {
      throw new AttuneError(
        'BACKEND_FAILURE',
        `onnxruntime could not compile program "${name}": ${String(error)}`,
        {
          cause: error,
        },
      );
    }
  });
}
