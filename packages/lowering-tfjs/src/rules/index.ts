import type { CompositeName, OpName, PrimitiveName } from '@attune/core';
import { elementwiseRules } from './elementwise.js';
import { inputRules } from './inputs.js';
import { linearRules } from './linear.js';
import type { Rule } from './rule.js';
import { shapeRules } from './shape.js';

/** Rules by op. */
export type Rules = Readonly<Partial<Record<OpName, Rule>>>;

/**
 * Rules in kernels that every tfjs backend has: for every primitive, and for the composites that there is a kernel for.
 * The type makes it total: a primitive without a rule does not compile.
 */
export const rules: Readonly<Record<PrimitiveName, Rule> & Partial<Record<CompositeName, Rule>>> = {
  ...inputRules,
  ...elementwiseRules,
  ...shapeRules,
  ...linearRules,
};
