export { interpret, type InterpretedResults, type NdArrays } from './interpret.js';
export { allocator, NdArray, type Allocate, type NumberArray, type Precision } from './nd-array.js';
