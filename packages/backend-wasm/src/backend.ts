import { chosenEngine, defineBackend, engineFault, type Availability } from '@attune/core';
import { hasSimd } from '@attune/engine/wasm';
import { checkOptions, optionFault, wasmEngines, type WasmOptions } from './options/options.js';
import { tfjsDescription } from './tfjs/description.js';
import { hasWebAssembly } from './tfjs/simd.js';

const choice = { name: 'wasm', engines: wasmEngines } as const;

async function availability(options: WasmOptions): Promise<Availability> {
  const unavailable = (reason: string, fix?: string) =>
    ({ available: false, reason, ...(fix && { fix }) }) as const;
  if (!hasWebAssembly()) return unavailable('this environment has no WebAssembly');
  const engine = options.engine ?? wasmEngines[0];
  const fault = engineFault(choice, options) ?? optionFault(engine, options);
  if (fault !== undefined) return unavailable(fault);
  if (engine === 'tfjs') return { available: true, description: tfjsDescription() };
  if (!hasSimd()) {
    return unavailable(
      'WebAssembly has no SIMD here, which the engine attune needs',
      'Use --engine tfjs, which is slow.',
    );
  }
  const { probeAttune } = await import('./attune/create.js');
  return probeAttune(options);
}

/**
 * Runs in every browser and in Node: on the cores of the CPU, or, in a page that is not cross-origin isolated, on one of
 * them.
 */
export const backend = defineBackend<WasmOptions>({
  ...choice,

  isAvailable: (options = {}) => availability(options),

  create: async (options = {}) => {
    const engine = chosenEngine(choice, options);
    checkOptions(engine, options);
    // Imported here and not above: whoever takes one engine does not load the other.
    if (engine === 'tfjs') {
      const { createOnTfjs } = await import('./tfjs/create.js');
      return createOnTfjs(options.wasmPaths);
    }
    const { createOnAttune } = await import('./attune/create.js');
    return createOnAttune(options);
  },
});
