import { cpus } from 'node:os';
import { engineBackend, type Availability, type Backend } from '@attune/core';
import { describeEngine, engineOn, type EngineInfo } from '@attune/engine';
import { nativeFault, openNative, type NativeOptions } from '@attune/engine/node';

const names: Readonly<Record<string, string>> = { avx512: 'AVX-512', avx2: 'AVX2', neon: 'NEON' };

/** `attune 1, AVX-512, 2 threads, Intel Xeon` */
function describe(info: EngineInfo): string {
  const processor = cpus()[0]?.model.trim() || process.arch;
  return `${describeEngine(info, names[info.isa] ?? info.isa)}, ${processor}`;
}

const FIX =
  'npm installs it along with @attune/backend-cpu, where there is one for the platform; in a checkout of attune, npm run build ' +
  'makes it, with a C compiler (cc). The same engine runs as WebAssembly: --backend wasm.';

/** Looks whether the native engine runs here, with which instruction set and on how many threads. */
export async function probeAttune(options: NativeOptions): Promise<Availability> {
  const reason = nativeFault(options);
  if (reason !== undefined) return { available: false, reason, fix: FIX };
  try {
    const host = openNative(options);
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
export function createOnAttune(options: NativeOptions): Backend {
  const host = openNative(options);
  return engineBackend(engineOn(host, { name: 'cpu', description: describe(host.info) }));
}
