import { sizeOf } from '@attune/core';
import type { Target } from '../writer/target.js';
import { force, Scaled, SquaredNorm, type LoweredValue } from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';
import type { Operators } from '../writer/operators.js';

/**
 * Elements of the largest tensor that is worth joining with others, to do in one node what took one for each. Joining and
 * parting moves each element some ten times, which on the CPU soon costs more than the start of a node; the start of a
 * shader costs more, and a GPU moves faster.
 */
const largest: Readonly<Record<Target, number>> = { cpu: 2 ** 12, webgpu: 2 ** 16, portable: 2 ** 12 };

/** True if a tensor is small enough to be joined with others. */
export function isSmall(shape: readonly number[], target: Target): boolean {
  return sizeOf(shape) <= largest[target];
}

/** Sums of squares of tensors, as few as it takes. */
function sumsOfSquares(ops: Operators, values: readonly OnnxValue[]): OnnxValue[] {
  const small = values.filter(({ shape }) => isSmall(shape, ops.target));
  // Apart, as optimizers that decay the ones and not the others take them: what is joined here serves there as well.
  const groups = [
    small.filter(({ shape }) => shape.length > 1),
    small.filter(({ shape }) => shape.length <= 1),
  ];
  return [
    ...values.filter((value) => !small.includes(value)),
    ...groups.flatMap((group) => (group.length > 0 ? [ops.join(group)] : [])),
  ].map((value) => ops.sumOfSquares(value));
}

/** The sum of numbers, as one node over all of them. */
function total(ops: Operators, numbers: readonly OnnxValue[]): OnnxValue {
  if (numbers.length === 1) return numbers[0]!;
  return ops.sum(ops.join(numbers), [0], false);
}

/** The sum of the squares of tensors. Scalars are taken out first: `Σ (s·x)² = s² · Σ x²`. */
export function squaredNorm(ops: Operators, of: readonly LoweredValue[]): SquaredNorm {
  return new SquaredNorm(of, () => {
    const byFactor = new Map<number | undefined, { factor?: OnnxValue; values: OnnxValue[] }>();
    for (const value of of) {
      const factor = value instanceof Scaled ? value.factor() : undefined;
      const same = byFactor.get(factor?.id) ?? { ...(factor && { factor }), values: [] };
      same.values.push(value instanceof Scaled ? value.base : force(value));
      byFactor.set(factor?.id, same);
    }
    const sums = [...byFactor.values()].map(({ factor, values }) => {
      const sum = total(ops, sumsOfSquares(ops, values));
      return factor ? ops.mul(sum, ops.mul(factor, factor)) : sum;
    });
    return total(ops, sums);
  });
}
