import type { DeviceInfo, Engine } from '@attune/core';
import { tfjsEngine } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { wasmRules } from './rules/index.js';
import { wasmHooks } from './module/failures.js';
import { release, TFJS_BACKEND } from './module/initialise.js';

/** tfjs' WebAssembly kernels as an engine. The tfjs backend has to be acquired. */
export function wasmEngine(device: DeviceInfo): Engine<Tensor> {
  return tfjsEngine({
    name: 'wasm',
    tfjsBackend: TFJS_BACKEND,
    device,
    // Sums run in a fixed order, and no two threads write to one element: the same values give the same bits.
    deterministic: true,
    rules: wasmRules,
    hooks: wasmHooks,
    onDispose: release,
  });
}
