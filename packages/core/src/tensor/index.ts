export * from './host-tensor.js';
export * from './limits.js';
export * from './shape.js';
export * from './spec.js';
