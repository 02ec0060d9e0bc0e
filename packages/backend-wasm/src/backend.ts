import { chosenEngine, defineBackend } from '@attune/core';
import { wasmEngines, type WasmOptions } from './options.js';
import { tfjsDescription } from './tfjs/description.js';
import { hasWebAssembly } from './tfjs/simd.js';

const choice = { name: 'wasm', engines: wasmEngines } as const;

/** Runs in every browser and in Node: on one core of the CPU, or, in a page that is cross-origin isolated, on several. */
export const backend = defineBackend<WasmOptions>({
  ...choice,

  isAvailable: async () =>
    hasWebAssembly()
      ? { available: true, description: tfjsDescription() }
      : { available: false, reason: 'this environment has no WebAssembly' },

  create: async (options = {}) => {
    chosenEngine(choice, options);
    // Imported here and not above: whoever takes another engine does not load it.
    const { createOnTfjs } = await import('./tfjs/create.js');
    return createOnTfjs(options.wasmPaths);
  },
});
