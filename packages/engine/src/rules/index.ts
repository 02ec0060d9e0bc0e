import type { OpName } from '@attune/core';
import type { Rule } from './rule.js';

/** Every rule there is. Several for one op are tried in this order. */
const allRules: readonly Rule[] = [];

/** The rules of each op. */
export const rules: ReadonlyMap<OpName, readonly Rule[]> = allRules.reduce(
  (map, rule) => map.set(rule.op, [...(map.get(rule.op) ?? []), rule]),
  new Map<OpName, Rule[]>(),
);

/** Ops whose result lies where their input does: they need no rule. */
const views = ['reshape', 'stopGradient', 'barrier'] as const;

/** Ops that the engine runs itself. */
export const nativeOps: readonly OpName[] = [...views, ...rules.keys()];
