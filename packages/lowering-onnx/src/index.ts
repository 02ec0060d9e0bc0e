/**
 * Programs as ONNX models, for onnxruntime's execution providers and for export.
 *
 * @packageDocumentation
 */
export { modelFiles, type ModelFileOptions, type ModelFiles } from './files/model-files.js';
export { lower, type LoweredProgram, type LowerOptions } from './program/lower.js';
export type { ModelInput, ModelOutput } from './program/lowering.js';
export { loweredOps } from './rules/index.js';
export type { Lengths, Sizes } from './symbolic/lengths.js';
export { lowerSymbolic, type SymbolicOptions } from './symbolic/lower-symbolic.js';
export type { AttributeValue, NodeAttributes } from './writer/attributes.js';
export type {
  Dimension,
  ElementType,
  Initializer,
  OnnxGraph,
  OnnxNode,
  OnnxRef,
  OnnxValue,
  Port,
  Weight,
} from './writer/graph.js';
export { type Target } from './writer/target.js';
