import {
  attentionGrad,
  joinedAttentionGrad,
  summedAttentionGrad,
  transposedAttentionGrad,
} from './attention-grad.js';
import { attention, transposedAttention } from './attention.js';
import { cachedAttention, cacheWrite, transposedCachedAttention } from './cached-attention.js';
import { rope, transposedRope } from './rope.js';
import type { Rule } from '../../steps/rule.js';

/** The rules of attention. They take along transposes, sums and products, so they stand before the rules of those alone. */
export const attentionRules: readonly Rule[] = [
  ...[attention, transposedAttention, cachedAttention, transposedCachedAttention, cacheWrite],
  ...[attentionGrad, transposedAttentionGrad, summedAttentionGrad, joinedAttentionGrad],
  ...[rope, transposedRope],
];
