import type { OpName } from '@attune/core';
import { elementwiseRules } from './elementwise.js';
import { inputRules } from './inputs.js';
import { linearRules } from './linear.js';
import type { Rule } from './rule.js';
import { shapeRules } from './shape.js';

/** Ops that tfjs has no kernel for: core takes them apart. An engine may bring rules for them. */
export type CompositeOp =
  | ('logSoftmax' | 'softmaxCrossEntropy' | 'softmaxCrossEntropyGrad' | 'linearCrossEntropy')
  | ('layerNorm' | 'layerNormGrad' | 'gelu' | 'geluGrad' | 'attention' | 'attentionGrad')
  | ('rmsNorm' | 'rmsNormGrad' | 'silu' | 'rope' | 'stopGradient' | 'barrier')
  | ('conv2d' | 'conv2dInputGrad' | 'conv2dWeightGrad' | 'batchNorm' | 'batchNormGrad')
  | ('maxPool2d' | 'maxPool2dGrad' | 'avgPool2d')
  | ('dropout' | 'adamW');

/** Ops that have a rule of tfjs kernels on every tfjs backend. */
export type NativeOp = Exclude<OpName, CompositeOp>;

/** Rules by op. */
export type Rules = Readonly<Partial<Record<OpName, Rule>>>;

/** A rule for every native op, in kernels that every tfjs backend has. The type makes it total. */
export const rules: Readonly<Record<NativeOp, Rule>> = {
  ...inputRules,
  ...elementwiseRules,
  ...shapeRules,
  ...linearRules,
};
