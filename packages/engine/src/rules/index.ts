import type { OpName } from '@attune/core';
import { concat, pad, sumOfPads } from './movement/assemble.js';
import { attentionRules } from './attention/index.js';
import { bernoulli } from './bernoulli.js';
import { adamW, chains, totalSum } from './chain/chain.js';
import { crossEntropyRules } from './softmax/cross-entropy.js';
import { addScattered, gather, scatterAdd } from './indexing.js';
import { linearCrossEntropy } from './softmax/linear-cross-entropy.js';
import { matmulRules } from './matmul/matmul.js';
import { broadcastTo, slice, transpose } from './movement/movement.js';
import { normGradRules } from './norm/norm-grad.js';
import { normRules } from './norm/norm.js';
import { max, sum } from './reduction.js';
import type { Rule, RuleSet } from '../steps/rule.js';
import { logSoftmax, softmax } from './softmax/softmax.js';
import { convert } from './storage.js';

/** Every rule there is. Several for one op are tried in this order. */
const allRules: readonly Rule[] = [
  ...attentionRules,
  ...normGradRules,
  // Sums that need no addition, before the rules that add in passing.
  ...[sumOfPads, addScattered],
  ...matmulRules,
  ...[transpose, broadcastTo, slice, pad, concat],
  ...[totalSum, sum, max],
  ...[gather, scatterAdd, bernoulli],
  ...normRules,
  ...[softmax, logSoftmax],
  ...[...crossEntropyRules, linearCrossEntropy],
  convert,
  ...chains,
  adamW,
];

/** The rules of each op. */
export const rules: RuleSet = allRules.reduce(
  (map, rule) => map.set(rule.op, [...(map.get(rule.op) ?? []), rule]),
  new Map<OpName, Rule[]>(),
);

/** Ops that need none: their result lies where their input does, or the compiler computes it, once. */
export const opsWithoutRule: readonly OpName[] = ['reshape', 'stopGradient', 'barrier', 'constant', 'iota'];
