import { AttuneError } from '../errors/index.js';
import type { Shape } from './spec.js';

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/**
 * The shape two operands broadcast to, by NumPy's rule: shapes are aligned at the right, and an axis of length 1
 * (or a missing one) stretches.
 *
 * @throws AttuneError SHAPE_MISMATCH if two lengths differ and neither is 1.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new AttuneError(
        'SHAPE_MISMATCH',
        `${op}: shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast: axis ${axis} has ${left} and ${right}.`,
        { fix: 'Axes must be equal, or one of them 1.', data: { a, b } },
      );
    }
    result[axis] = left === 1 ? right : left;
  }
  return result;
}

/**
 * Strides with which a tensor of shape `from` is read as if it had shape `to`: 0 along each axis that stretches.
 * `to` must be a shape that `from` broadcasts to.
 */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const offset = to.length - from.length;
  return to.map((_, axis) => (axis < offset || from[axis - offset] === 1 ? 0 : strides[axis - offset]!));
}

/** Axes of `to` along which a tensor of shape `from` was stretched. A gradient is summed over these. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const offset = to.length - from.length;
  return to.flatMap((length, axis) =>
    axis < offset || (from[axis - offset] === 1 && length !== 1) ? [axis] : [],
  );
}

/**
 * `axis` counted from the front: −1 is the last one.
 *
 * @throws AttuneError SHAPE_MISMATCH if the tensor has no such axis.
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `${op}: axis ${axis} does not exist in a tensor of rank ${rank}.`,
    );
  }
  return normal;
}

/** The shape left when `axes` are reduced: dropped, or kept with length 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  const reduced = new Set(axes);
  return keepDims
    ? shape.map((length, axis) => (reduced.has(axis) ? 1 : length))
    : shape.filter((_, axis) => !reduced.has(axis));
}
