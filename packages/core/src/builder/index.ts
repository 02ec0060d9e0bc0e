export { gradients, type GradientOptions } from './autodiff.js';
export { GraphBuilder } from './builder.js';
export { feedBounds, type FeedBound } from './feed-bounds.js';
export { isOpName, opDefinition, type OpDefinition } from './op-definition.js';
export type { Trace } from './trace.js';
