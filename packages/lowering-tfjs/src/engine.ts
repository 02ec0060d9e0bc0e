import {
  checkDeviceMemory,
  commitOrder,
  splitHost,
  withHostValues,
  type Capabilities,
  type DeviceInfo,
  type Engine,
  type OpName,
  type ProductPrecision,
} from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { rules as commonRules, type Rules } from './rules/index.js';
import { build } from './build.js';
import { toHost } from './runtime/dtypes.js';
import { Kernels, onBackend, type KernelHooks } from './runtime/kernels.js';
import { demandOf } from './runtime/memory.js';

/** The options of an engine on tfjs. */
export interface TfjsEngineOptions {
  /** Name of the attune backend. */
  readonly name: string;
  /** Name of the tfjs backend: registered and initialised. */
  readonly tfjsBackend: string;
  readonly device: DeviceInfo;
  /** How products of matrices are computed. Default: float32. */
  readonly precision?: ProductPrecision;
  /** True if all kernels yield the same bits each time. */
  readonly deterministic: boolean;
  /**
   * Rules that replace the common ones, where this tfjs backend has a faster way or a fault to go round, and rules for
   * ops the common ones lack.
   */
  readonly rules?: Rules;
  readonly hooks?: KernelHooks;
  /** Called when the engine is disposed, after its tensors are freed. */
  readonly onDispose?: () => void;
}

/**
 * An engine that runs programs as tfjs kernels. Its handles are tfjs tensors.
 *
 * Several engines may share a tfjs backend: each knows and frees its own tensors only.
 */
export function tfjsEngine(options: TfjsEngineOptions): Engine<Tensor> {
  const { name, tfjsBackend, device, deterministic, precision = 'f32' } = options;
  const rules: Rules = { ...commonRules, ...options.rules };
  const kernels = new Kernels(tfjsBackend, options.hooks);
  const native = Object.keys(rules) as OpName[];
  const capabilities: Capabilities = {
    dtypes: ['f32', 'i32', 'bool'],
    unsupported: {},
    native,
    precision,
    deterministic,
  };
  const onDevice = <T>(work: () => T): T => onBackend(tfjsBackend, work);
  return {
    name,
    device,
    capabilities,
    upload: (tensor) => onDevice(() => kernels.scope(() => [kernels.upload(tensor)])[0]!),
    download: (handle) => onDevice(() => toHost(handle)),
    free: (handle) => onDevice(() => kernels.free(handle)),
    build: (program) => {
      checkDeviceMemory(program, demandOf(commitOrder(program)), kernels.memory().bytes, device.memoryBytes);
      // tfjs has no 32-bit integer arithmetic to hash with.
      const { device: own, host } = splitHost(program, ({ op }) => op === 'bernoulli');
      const compiled = build(kernels, rules, commitOrder(own));
      return {
        ...compiled,
        run: (state, feeds, commit) => compiled.run(state, withHostValues(host, feeds), commit),
      };
    },
    memory: () => kernels.memory(),
    dispose: () => {
      onDevice(() => kernels.dispose());
      options.onDispose?.();
    },
  };
}
