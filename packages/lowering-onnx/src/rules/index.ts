import type { CompositeName, OpName, PrimitiveName } from '@attune/core';
import type { Target } from '../writer/target.js';
import type { Rule } from './context.js';
import { activationRules } from './activation.js';
import { adamWRules } from './adam-w.js';
import { attentionRules } from './attention.js';
import { elementwiseRules } from './elementwise.js';
import { linearRules } from './linear.js';
import { normalizationRules } from './normalization.js';
import { portableRules } from './portable.js';
import { reductionRules } from './reduction.js';
import { shapeRules } from './shape.js';
import { softmaxRules } from './softmax.js';

/** Ops that are lowered without a rule: what is the same in every run, and what the host computes. */
const withoutRule = ['constant', 'iota', 'bernoulli'] as const satisfies readonly PrimitiveName[];

/** Rules by op: for every primitive, and for the composites that ONNX has something better for than their bodies. */
type Rules = Readonly<
  Record<Exclude<PrimitiveName, (typeof withoutRule)[number]>, Rule> & Partial<Record<CompositeName, Rule>>
>;

/** How each op is written. The type makes it total: a primitive without a rule does not compile. */
const rules: Rules = {
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

/** How each op is written for a target. */
export function rulesFor(target: Target): Readonly<Partial<Record<OpName, Rule>>> {
  return target === 'portable' ? { ...rules, ...portableRules } : rules;
}

/** Ops that a program may hold when it is lowered: what an engine names as its native ones. */
export function loweredOps(target: Target): readonly OpName[] {
  return [...new Set([...withoutRule, ...(Object.keys(rulesFor(target)) as OpName[])])];
}
