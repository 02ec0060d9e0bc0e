import type { NodeContext, Rule } from '../context.js';
import { force, Scaled } from '../values.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/**
 * AdamW with what is the same for every element computed first, so that few nodes pass over whole tensors. For a
 * gradient `s · g`:
 *
 *     m = β₁ m + ((1 − β₁) s) g
 *     v = β₂ v + (√(1 − β₂) s g)²
 *     p = (1 − lr · weightDecay) p − (lr √bc₂ / bc₁) · m / (√v + ε √bc₂)
 */
const adamW: Rule = (c: NodeContext) => {
  const { ops, operands } = c;
  const [beta1, beta2, epsilon, weightDecay] = ['beta1', 'beta2', 'epsilon', 'weightDecay'].map((name) =>
    c.attr<number>(name),
  ) as [number, number, number, number];
  const [param, , expAvg, expAvgSq, learningRate, correction1, correction2] = operands.map((operand, i) =>
    i === 1 ? undefined : force(operand),
  ) as OnnxValue[];
  const gradient = operands[1]!;
  const g = gradient instanceof Scaled ? gradient.base : force(gradient);
  const times = (factor: number): OnnxValue | number =>
    gradient instanceof Scaled ? ops.mul(gradient.factor(), factor) : factor;

  const m = ops.add(ops.mul(expAvg!, beta1), ops.mul(g, times(1 - beta1)));
  const scaled = ops.mul(g, times(Math.sqrt(1 - beta2)));
  const v = ops.add(ops.mul(expAvgSq!, beta2), ops.mul(scaled, scaled));
  const root = ops.unary('Sqrt', correction2!);
  const rate = ops.div(ops.mul(learningRate!, root), correction1!);
  const direction = ops.div(m, ops.add(ops.unary('Sqrt', v), ops.mul(root, epsilon)));
  const decayed =
    weightDecay === 0 ? param! : ops.mul(param!, ops.sub(1, ops.mul(learningRate!, weightDecay)));
  return [ops.sub(decayed, ops.mul(direction, rate)), m, v];
};

export const adamWRules = { adamW } satisfies Record<string, Rule>;
