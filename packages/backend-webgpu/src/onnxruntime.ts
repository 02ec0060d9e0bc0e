import { AttuneError, isAttuneError, type PeerResolver } from '@attune/core';
import type * as Ort from 'onnxruntime-web/webgpu';
import { awake, isNode, type NoGpu } from './dawn.js';
import type { OrtPaths } from './ort-paths.js';

export type OrtModule = typeof Ort;

const NOT_INSTALLED: NoGpu = {
  reason: 'the package onnxruntime-web is not installed',
  fix: 'Install it where this package is installed: npm install onnxruntime-web',
};

/** Imports onnxruntime. @throws AttuneError BACKEND_UNAVAILABLE where it is not installed. */
async function importOrt(resolvePeer?: PeerResolver): Promise<OrtModule> {
  try {
    const elsewhere = resolvePeer?.('onnxruntime-web/webgpu');
    if (elsewhere !== undefined) return (await import(/* @vite-ignore */ elsewhere)) as OrtModule;
    return await import('onnxruntime-web/webgpu');
  } catch (cause) {
    // Node says so by a code, bundlers put a module in its place that throws.
    const text = String(cause);
    if (
      !/Cannot find (package|module)|[Cc]ould not resolve|Failed to resolve/.test(text) ||
      !text.includes('onnxruntime-web')
    ) {
      throw cause;
    }
    throw new AttuneError(
      'BACKEND_UNAVAILABLE',
      `The WebGPU backend cannot start: ${NOT_INSTALLED.reason}.`,
      {
        fix: NOT_INSTALLED.fix,
        cause,
      },
    );
  }
}

/** Why onnxruntime does not load in Node. To be asked once a GPU was found: WebGPU has to be in place before. */
export async function findOrt(resolvePeer?: PeerResolver): Promise<NoGpu | undefined> {
  if (!isNode()) return undefined;
  try {
    await importOrt(resolvePeer);
    return undefined;
  } catch (error) {
    if (isAttuneError(error, 'BACKEND_UNAVAILABLE')) return NOT_INSTALLED;
    throw error;
  }
}

let loading: Promise<OrtModule> | undefined;

/** Loads onnxruntime, once WebGPU is in place: it looks for it when it is loaded. */
export function loadOrt(wasmPaths?: OrtPaths, resolvePeer?: PeerResolver): Promise<OrtModule> {
  return (loading ??= (async () => {
    const ort = await importOrt(resolvePeer);
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
