/**
 * The graph and the contracts: what every other part of attune is written against.
 *
 * @packageDocumentation
 */
export * from './backend/index.js';
export * from './builder/index.js';
export * from './contracts/index.js';
export * from './distributed/index.js';
export * from './errors/index.js';
export * from './graph/index.js';
export * from './interpreter/index.js';
export type { AdamWAttributes } from './ops/adam-w.js';
export { attentionWeights, causalMask, type AttentionAttributes } from './ops/attention.js';
export { attendShared, type CachedAttentionAttributes, type SharedKeyValues } from './ops/kv-cache.js';
export type { BatchNormAttributes } from './ops/batch-norm.js';
export type { Conv2dAttributes, Conv2dInputGradAttributes } from './ops/conv2d.js';
export type { CrossEntropyAttributes } from './ops/cross-entropy.js';
export {
  defineComposite,
  definePrimitive,
  type Composite,
  type GradContext,
  type IndexInput,
  type OpRules,
  type Primitive,
} from './ops/define.js';
export type { DropoutAttributes } from './ops/dropout.js';
export type { GeluAttributes } from './ops/gelu.js';
export type { LayerNormAttributes } from './ops/layer-norm.js';
export type { LinearCrossEntropyAttributes } from './ops/linear-cross-entropy.js';
export type { MatmulAttributes } from './ops/matmul.js';
export type { ReductionAttributes } from './ops/reduction.js';
export type { RmsNormAttributes } from './ops/rms-norm.js';
export type { HeightWidth, WindowAttributes } from './ops/windows.js';
export { opNames, ops, type CompositeName, type OpName, type PrimitiveName } from './ops/table.js';
export * from './passes/index.js';
export * from './program/index.js';
export * from './random/index.js';
export * from './tensor/index.js';
export * from './text/index.js';
