import type { Rules } from '@attune/lowering-tfjs';
import { elementwiseRules } from './elementwise.js';
import { indexingRules } from './indexing.js';
import { softmaxRules } from './softmax.js';

/**
 * Rules for what TensorFlow does better than tfjs' other backends: broadcast by itself, and fuse. Everything else is as
 * on every tfjs backend; products of transposed matrices, too, since here they are native.
 */
export const cudaRules: Rules = {
  ...elementwiseRules,
  ...indexingRules,
  ...softmaxRules,
};
