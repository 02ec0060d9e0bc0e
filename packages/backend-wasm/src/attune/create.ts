import { engineBackend, type Availability, type Backend } from '@attune/core';
import { engineOn, type EngineInfo } from '@attune/engine';
import { openWasm } from '@attune/engine/wasm';
import type { WasmOptions } from '../options/options.js';

/** `attune 1, WebAssembly relaxed SIMD, 2 threads` */
function describe({ version, isa, threads, limits }: EngineInfo): string {
  const simd = isa === 'relaxed' ? 'relaxed SIMD' : 'SIMD';
  const why = limits.length > 0 ? ` (${limits.join('; ')})` : '';
  return `attune ${version}, WebAssembly ${simd}, ${threads} thread${threads === 1 ? '' : 's'}${why}`;
}

/** The options of the engine among those of the backend. */
const open = ({ isa, threads, wasmPaths }: WasmOptions) =>
  openWasm({
    ...(isa !== undefined && { isa }),
    ...(threads !== undefined && { threads }),
    ...(wasmPaths !== undefined && { wasmPaths }),
  });

/** Looks whether the engine runs here, with which instruction set and on how many threads. */
export async function probeAttune(options: WasmOptions): Promise<Availability> {
  try {
    const host = await open(options);
    const { info } = host;
    await host.dispose();
    return { available: true, description: describe(info) };
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
  const host = await open(options);
  const { info, memoryBytes } = host;
  const engine = { name: 'attune', version: info.version, isa: info.isa };
  const device = { kind: 'cpu', description: describe(info), memoryBytes, engine } as const;
  return engineBackend(engineOn(host, { name: 'wasm', device }));
}
