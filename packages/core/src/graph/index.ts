export { constantValues, lastUses, peakBytes } from './analysis.js';
export { gradients, type GradientOptions } from './autodiff.js';
export { GraphBuilder, type ConvolutionOptions, type Extent, type Operand } from './builder.js';
export { decompose } from './decompose.js';
export { feedBounds, type FeedBound } from './feed-bounds.js';
export { fingerprint, hashText } from './fingerprint.js';
export type { Segment } from './recompute.js';
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
export { missingOps, programFaults, verify } from './verify.js';
