export { constantValues, lastUses, peakBytes, type PeakOptions } from './analysis.js';
export { fingerprint, hashText } from './fingerprint.js';
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
export { productFlops } from './product-flops.js';
