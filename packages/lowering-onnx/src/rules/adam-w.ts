import { adamWInputs, type Shape } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import { force, Scaled, type LoweredValue } from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/** A gradient, and the scalar it has yet to be multiplied by. */
interface Gradient {
  readonly base: OnnxValue;
  readonly factor?: OnnxValue;
}

function gradientOf(operand: LoweredValue): Gradient {
  return operand instanceof Scaled
    ? { base: operand.base, factor: operand.factor() }
    : { base: force(operand) };
}

/**
 * AdamW with what is the same for every element computed first, so that few nodes pass over whole tensors. For a
 * gradient `s · g`:
 *
 *     m = β₁ m + ((1 − β₁) s) g
 *     v = β₂ v + (√(1 − β₂) s g)²
 *     p = (1 − lr · weightDecay) p − (lr √bc₂ / bc₁) · m / (√v + ε √bc₂)
 */
function update(
  c: NodeContext,
  param: OnnxValue,
  { base: g, factor }: Gradient,
  expAvg: OnnxValue,
  expAvgSq: OnnxValue,
): [OnnxValue, OnnxValue, OnnxValue] {
  const { ops } = c;
  const [beta1, beta2, epsilon, weightDecay] = ['beta1', 'beta2', 'epsilon', 'weightDecay'].map((name) =>
    c.attr<number>(name),
  ) as [number, number, number, number];
  const [learningRate, correction1, correction2] = c.operands
    .slice(adamWInputs.scalars)
    .map(force) as OnnxValue[];
  const times = (number: number): OnnxValue | number => (factor ? ops.mul(factor, number) : number);

  const m = ops.add(ops.mul(expAvg, beta1), ops.mul(g, times(1 - beta1)));
  const scaled = ops.mul(g, times(Math.sqrt(1 - beta2)));
  const v = ops.add(ops.mul(expAvgSq, beta2), ops.mul(scaled, scaled));
  const root = ops.unary('Sqrt', correction2!);
  const rate = ops.div(ops.mul(learningRate!, root), correction1!);
  const direction = ops.div(m, ops.add(ops.unary('Sqrt', v), ops.mul(root, epsilon)));
  const decayed = weightDecay === 0 ? param : ops.mul(param, ops.sub(1, ops.mul(learningRate!, weightDecay)));
  return [ops.sub(decayed, ops.mul(direction, rate)), m, v];
}

const adamW: Rule = (c) =>
  update(
    c,
    force(c.operands[adamWInputs.param]!),
    gradientOf(c.operands[adamWInputs.grad]!),
    force(c.operands[adamWInputs.expAvg]!),
    force(c.operands[adamWInputs.expAvgSq]!),
  );

/** One update for several tensors: joined, updated, and parted again. What comes out is the same to the bit. */
export function joinedAdamW(members: readonly NodeContext[]): OnnxValue[][] {
  const [first] = members as [NodeContext];
  const { ops } = first;
  const joined = (which: number) => ops.join(members.map(({ operands }) => force(operands[which]!)));
  const gradients = members.map(({ operands }) => gradientOf(operands[adamWInputs.grad]!));
  const [{ factor }] = gradients as [Gradient];
  const common = gradients.every((gradient) => gradient.factor?.id === factor?.id);
  const gradient = common
    ? { base: ops.join(gradients.map(({ base }) => base)), ...(factor && { factor }) }
    : { base: joined(adamWInputs.grad) };
  const results = update(
    first,
    joined(adamWInputs.param),
    gradient,
    joined(adamWInputs.expAvg),
    joined(adamWInputs.expAvgSq),
  );
  const shapes: Shape[] = members.map(({ out }) => out.shape);
  const parts = results.map((result) => ops.part(result, shapes));
  return members.map((_, i) => parts.map((pieces) => pieces[i]!));
}

export const adamWRules = { adamW } satisfies Record<string, Rule>;
