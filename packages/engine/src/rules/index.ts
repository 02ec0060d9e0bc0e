import type { OpName } from '@attune/core';
import { concat, pad, sumOfPads } from './assemble.js';
import { attentionRules } from './attention-rules.js';
import { bernoulli, constant, iota } from './creation.js';
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from './cross-entropy.js';
import { addScattered, gather, scatterAdd } from './indexing.js';
import { matmulRules } from './matmul.js';
import { broadcastTo, slice, transpose } from './movement.js';
import { layerNorm, layerNormGrad, rmsNorm, rmsNormGrad } from './norm.js';
import { max, sum } from './reduction.js';
import type { Rule } from './rule.js';
import { logSoftmax, softmax } from './softmax.js';

/** Rules by op, in the order in which they are tried. */
export type RuleSet = ReadonlyMap<OpName, readonly Rule[]>;

/** Every rule there is. Several for one op are tried in this order. */
const allRules: readonly Rule[] = [
  ...attentionRules,
  ...matmulRules,
  ...[sumOfPads, addScattered],
  ...[constant, iota, bernoulli],
  ...[transpose, broadcastTo, slice, pad, concat],
  ...[sum, max, gather, scatterAdd],
  ...[layerNorm, layerNormGrad, rmsNorm, rmsNormGrad],
  ...[softmax, logSoftmax, softmaxCrossEntropy, softmaxCrossEntropyGrad],
];

/** The rules of each op. */
export const rules: RuleSet = allRules.reduce(
  (map, rule) => map.set(rule.op, [...(map.get(rule.op) ?? []), rule]),
  new Map<OpName, Rule[]>(),
);

/** Ops whose result lies where their input does: they need no rule. */
export const nativeViews: readonly OpName[] = ['reshape', 'stopGradient', 'barrier'];
