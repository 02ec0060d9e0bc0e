export * from './host-tensor.js';
export * from './limits.js';
export * from './narrow.js';
export {
  allocator,
  NdArray,
  type Allocate,
  type NdArrays,
  type NumberArray,
  type Precision,
} from './nd-array.js';
export * from './shape.js';
export * from './spec.js';
