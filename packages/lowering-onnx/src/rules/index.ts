import { opNames, type OpName } from '@attune/core';
import type { Rule } from '../context.js';
import { activationRules } from './activation.js';
import { adamWRules } from './adam-w.js';
import { attentionRules } from './attention.js';
import { elementwiseRules } from './elementwise.js';
import { linearRules } from './linear.js';
import { normalizationRules } from './normalization.js';
import { reductionRules } from './reduction.js';
import { shapeRules } from './shape.js';
import { softmaxRules } from './softmax.js';

/** Ops that are lowered without a rule: what is the same in every run, and what the host computes. */
type Structural = 'constant' | 'iota' | 'bernoulli';
/** Ops that are taken apart before they are lowered. */
const decomposed = [
  'linearCrossEntropy',
  ...(['rmsNorm', 'rmsNormGrad', 'silu', 'rope', 'stopGradient', 'barrier'] as const),
  ...(['dropout', 'conv2d', 'conv2dInputGrad', 'conv2dWeightGrad', 'batchNorm', 'batchNormGrad'] as const),
  ...(['maxPool2d', 'maxPool2dGrad', 'avgPool2d'] as const),
] as const;

type WithRule = Exclude<OpName, Structural | (typeof decomposed)[number]>;

/** How each op is written. The type makes it total: an op without a rule does not compile. */
export const rules: Readonly<Record<WithRule, Rule>> = {
  ...elementwiseRules,
  ...shapeRules,
  ...reductionRules,
  ...linearRules,
  ...softmaxRules,
  ...normalizationRules,
  ...activationRules,
  ...attentionRules,
  ...adamWRules,
};

/** Ops that a program may hold when it is lowered: what an engine names as its native ones. */
export const loweredOps: ReadonlySet<OpName> = new Set(
  opNames.filter((name) => !(decomposed as readonly string[]).includes(name)),
);
