import { hostTensor, MASKED_SCORE } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import type { OnnxValue } from '../writer/graph-writer.js';
import type { Operators } from '../writer/operators.js';
import { softmax } from './softmax.js';

/** 0 where row i sees column j, {@link MASKED_SCORE} where it does not: `f32[length, length]`. */
function causalMask(ops: Operators, length: number): OnnxValue {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) mask.fill(MASKED_SCORE, row * length + row + 1, (row + 1) * length);
  return ops.w.constant(hostTensor('f32', [length, length], mask), `causal mask ${length}`);
}

/** `softmax(scale · q · kᵀ)`, `[…, T, T]`: one set of nodes for the forward and the backward pass. */
function weights({ ops, attrs }: NodeContext, q: OnnxValue, k: OnnxValue): OnnxValue {
  const scores = ops.matmul(q, k, { transposeB: true, alpha: attrs['scale'] as number });
  return softmax(ops, attrs['causal'] ? ops.add(scores, causalMask(ops, q.shape.at(-2)!)) : scores);
}

const attention: Rule = (c) => {
  const [q, k, v] = c.inputs as [OnnxValue, OnnxValue, OnnxValue];
  return [c.ops.matmul(weights(c, q, k), v)];
};

/**
 * `Σ dP·P` of each row of weights. It is also the sum of `dOut · out` over a row of the result,
 * `Σⱼ (Σ_d dOut_d v_jd) p_j = Σ_d dOut_d out_d`, which is used where that row is the shorter one.
 */
function weightedSums(ops: Operators, p: OnnxValue, dP: OnnxValue, v: OnnxValue, dOut: OnnxValue): OnnxValue {
  const [length, width] = v.shape.slice(-2) as [number, number];
  const product = width < length ? ops.mul(dOut, ops.matmul(p, v)) : ops.mul(dP, p);
  return ops.sum(product, [v.shape.length - 1], true);
}

/** With weights `P` and `dP = dOut · vᵀ`: `dS = P · (dP − Σ dP·P)`. */
const attentionGrad: Rule = (c) => {
  const { ops } = c;
  const [q, k, v, dOut] = c.inputs as [OnnxValue, OnnxValue, OnnxValue, OnnxValue];
  const alpha = c.attr<number>('scale');
  const p = weights(c, q, k);
  const dP = ops.matmul(dOut, v, { transposeB: true });
  const dScores = ops.mul(p, ops.sub(dP, weightedSums(ops, p, dP, v, dOut)));
  return [
    ops.matmul(dScores, k, { alpha }),
    ops.matmul(dScores, q, { transposeA: true, alpha }),
    ops.matmul(p, dOut, { transposeA: true }),
  ];
};

export const attentionRules = { attention, attentionGrad } satisfies Record<string, Rule>;
