/**
 * Runs attune programs as tfjs kernels, for the backends that sit on tfjs.
 *
 * @packageDocumentation
 */
export { tfjsEngine, type TfjsEngineOptions } from './engine.js';
export { broadcast } from './rules/broadcast.js';
export { binary, unary } from './rules/elementwise.js';
export { rules, type Rules } from './rules/index.js';
export { flattenRows, type MatmulFlags } from './rules/linear.js';
export { rule, type Rule } from './rules/rule.js';
export { coreDtype, tfjsDtype } from './runtime/dtypes.js';
export {
  Kernels,
  onBackend,
  type HostValues,
  type KernelHooks,
  type KernelInputs,
} from './runtime/kernels.js';
export { adviceFor } from './runtime/memory.js';
