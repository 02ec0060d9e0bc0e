/**
 * The graph and the contracts: what every other part of attune is written against.
 *
 * @packageDocumentation
 */
export * from './backend/index.js';
export * from './contracts/index.js';
export * from './errors/index.js';
export * from './graph/index.js';
export * from './interpreter/index.js';
export { attentionWeights, causalMask, type AttentionAttributes } from './ops/attention.js';
export {
  defineOp,
  type Attributes,
  type GradContext,
  type IndexInput,
  type OpDefinition,
} from './ops/define-op.js';
export { opDefinition, opNames, ops, type OpName } from './ops/index.js';
export * from './random/index.js';
export * from './tensor/index.js';
export * from './text/index.js';
