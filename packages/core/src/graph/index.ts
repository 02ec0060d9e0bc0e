export type { Attributes } from './attributes.js';
export { Graph, type Segment } from './graph.js';
export type { ConvolutionOptions, Extent, Operand } from './operands.js';
export { Tensor, type GraphInput, type GraphNode, type GraphOp } from './tensor.js';
export { Vocabulary } from './vocabulary.js';
