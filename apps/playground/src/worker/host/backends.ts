import { backend as wasm } from '@attune/backend-wasm';
import { backend as webgpu } from '@attune/backend-webgpu';
import { createBackend, type Backend, type BackendPlugin } from '@attune/core';
import type { BackendChoice, BackendName } from '../../protocol.js';

// No bundler follows an import by name: the page brings its plugins.
const plugins: Readonly<Record<BackendName, BackendPlugin>> = { webgpu, wasm };

/** Finds the backends that can run here, and the fix for each that cannot. */
export function findBackends(): Promise<BackendChoice[]> {
  return Promise.all(
    (Object.keys(plugins) as BackendName[]).map(async (name): Promise<BackendChoice> => {
      const found = await plugins[name].isAvailable();
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
  return createBackend([plugins[name]]);
}
