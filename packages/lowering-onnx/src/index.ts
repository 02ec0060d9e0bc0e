/**
 * Programs as ONNX models, for onnxruntime's execution providers and for export.
 *
 * @packageDocumentation
 */
export { lower, type LoweredProgram, type LowerOptions, type ModelInput, type ModelOutput } from './lower.js';
export { loweredOps } from './rules/index.js';
export * from './symbolic/index.js';
export { type Target } from './writer/target.js';
export type { AttributeValue, NodeAttributes } from './writer/attributes.js';
