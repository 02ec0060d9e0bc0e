export { constantValues, lastUses, peakBytes, type PeakOptions } from './analysis.js';
export { gradients, type GradientOptions } from './autodiff.js';
export type { Attributes } from './attributes.js';
export { GraphBuilder } from './builder.js';
export { decompose } from './decompose.js';
export { feedBounds, type FeedBound } from './feed-bounds.js';
export { fingerprint, hashText } from './fingerprint.js';
export { Graph, type Segment } from './graph.js';
export {
  labelOf,
  opNodes,
  resultsOf,
  type InputNode,
  type OpNode,
  type Program,
  type ProgramNode,
  type ValueId,
} from './program.js';
export { Tensor, type GraphInput, type GraphNode, type GraphOp } from './tensor.js';
export type { ConvolutionOptions, Extent, Operand } from './operands.js';
export { Vocabulary } from './vocabulary.js';
export { missingOps, programFaults, verify } from './verify.js';
