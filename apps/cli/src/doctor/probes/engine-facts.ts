import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd, hasSimd } from '@attune/engine/wasm';
import type { WasmFacts } from '../facts/facts.js';

/** WebAssembly as the engine finds it. */
export function wasmFacts(): WasmFacts {
  const simd = hasSimd();
  // As the engine does.
  if (simd && !hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
  return {
    simd,
    relaxedSimd: hasRelaxedSimd(),
    sharedMemory: typeof SharedArrayBuffer === 'function',
  };
}

/** Devices by which Linux shows a GPU. WSL has the last. */
const DEVICES = ['/dev/dri/renderD128', '/dev/nvidia0', '/dev/kfd', '/dev/dxg'];

/** True if the system shows a GPU. macOS always has one. */
export const showsGpu = (): boolean =>
  process.platform === 'darwin' || DEVICES.some((path) => existsSync(path));
