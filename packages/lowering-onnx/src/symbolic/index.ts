export { modelFiles, type ModelFileOptions, type ModelFiles } from './model-files.js';
export { SymbolicGraph } from './symbolic-graph.js';
export type { Dimension, ElementType, SymbolicValue, SymbolicWeight } from './values.js';
