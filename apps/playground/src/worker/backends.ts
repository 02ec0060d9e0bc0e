import { backend as wasm, type WasmPaths } from '@attune/backend-wasm';
import { backend as webgpu } from '@attune/backend-webgpu';
import { createBackend, type Backend, type BackendPlugin } from '@attune/core';
import type { BackendChoice, BackendName } from '../protocol.js';
/* eslint-disable no-restricted-imports -- addresses of files, no code */
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
/* eslint-enable no-restricted-imports */

/** Absolute, since threads have no address of their own. */
const absolute = (url: string) => new URL(url, import.meta.url).href;

const wasmPaths: WasmPaths = {
  'tfjs-backend-wasm.wasm': absolute(plain),
  'tfjs-backend-wasm-simd.wasm': absolute(simd),
  'tfjs-backend-wasm-threaded-simd.wasm': absolute(threads),
};

// No bundler follows an import by name: the page brings its plugins.
const plugins: Readonly<Record<BackendName, { readonly plugin: BackendPlugin; readonly options?: object }>> =
  {
    webgpu: { plugin: webgpu },
    wasm: { plugin: wasm, options: { wasmPaths } },
  };

/** What can run here, and what to do about what cannot. */
export function findBackends(): Promise<BackendChoice[]> {
  return Promise.all(
    (Object.keys(plugins) as BackendName[]).map(async (name): Promise<BackendChoice> => {
      const found = await plugins[name].plugin.isAvailable();
      return found.available
        ? { name, available: true, description: found.description, software: found.software ?? false }
        : {
            name,
            available: false,
            description: [`${found.reason}.`, found.fix].filter(Boolean).join(' '),
            software: false,
          };
    }),
  );
}

/** @throws AttuneError BACKEND_UNAVAILABLE. */
export function openBackend(name: BackendName): Promise<Backend> {
  const { plugin, options } = plugins[name];
  return createBackend([plugin], { options });
}
