import type { Rules } from '@attune/lowering-tfjs';
import { blockRules } from './blocks.js';
import { crossEntropyRules } from './cross-entropy.js';
import { elementwiseRules } from './elementwise.js';
import { matmulRules } from './matmul.js';
import { padRules } from './pad.js';
import { sumRules } from './sum.js';
import { transposeRules } from './transpose.js';

/**
 * Rules for what tfjs' WebAssembly kernels do slowly or wrongly. Everything else is as on every tfjs backend.
 */
export const wasmRules: Rules = {
  ...elementwiseRules,
  ...transposeRules,
  ...blockRules,
  ...padRules,
  ...sumRules,
  ...matmulRules,
  ...crossEntropyRules,
};
