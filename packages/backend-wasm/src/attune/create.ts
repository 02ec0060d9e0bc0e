import { engineBackend, type Availability, type Backend } from '@attune/core';
import { describeEngine, engineOn, type EngineInfo } from '@attune/engine';
import { describeWasm, openWasm } from '@attune/engine/wasm';
import type { WasmOptions } from '../options/options.js';

/** `attune 1, WebAssembly relaxed SIMD, 2 threads` */
const describe = (info: EngineInfo): string =>
  describeEngine(info, `WebAssembly ${info.isa === 'relaxed' ? 'relaxed SIMD' : 'SIMD'}`);

/** The options of the engine among those of the backend. */
const ownOptions = ({ isa, threads, wasmPaths }: WasmOptions) => ({ isa, threads, wasmPaths });

/** Looks whether the engine runs here, with which instruction set and on how many threads. */
export async function probeAttune(options: WasmOptions): Promise<Availability> {
  try {
    return { available: true, description: describe(await describeWasm(ownOptions(options))) };
  } catch (error) {
    return { available: false, reason: (error as Error).message };
  }
}

/**
 * Makes the backend on attune's own engine.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE.
 */
export async function createOnAttune(options: WasmOptions): Promise<Backend> {
  const host = await openWasm(ownOptions(options));
  return engineBackend(engineOn(host, { name: 'wasm', description: describe(host.info) }));
}
