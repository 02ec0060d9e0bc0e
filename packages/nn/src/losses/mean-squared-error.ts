import { AttuneError, formatSpec, sizeOf, type GraphBuilder, type Loss, type Tensor } from '@attune/core';

/** Options of {@link meanSquaredError}. */
export interface MeanSquaredErrorOptions {
  /** Which of the model's outputs is compared with the target, of the same shape. Default `prediction`. */
  readonly output?: string;
  /** The field of the batch that holds the target, f32. Default `y`. */
  readonly target?: string;
}

/**
 * Mean squared error: `sum((output − target)² · lossMask) / sum(lossMask)`; without a `lossMask`, the mean over all
 * elements. A mask of fewer axes stands for all elements behind each of its own: `f32[B]` for the rows of `f32[B, K]`.
 */
export function meanSquaredError({
  output = 'prediction',
  target = 'y',
}: MeanSquaredErrorOptions = {}): Loss {
  return {
    name: 'meanSquaredError',
    build(g, outputs, { [target]: y, lossMask }) {
      const prediction = outputs[output];
      if (!prediction || !y) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `Mean squared error needs \`${output}\` from the model and \`${target}\` from the batch.`,
        );
      }
      const squares = g.square(g.sub(prediction, y));
      if (!lossMask) return { numerator: g.sum(squares), count: g.constant(sizeOf(squares.shape)) };
      const mask = wholeMask(g, lossMask, squares);
      return { numerator: g.sum(g.mul(squares, mask)), count: g.sum(mask) };
    },
  };
}

/** A mask as one of all elements. */
function wholeMask(g: GraphBuilder, mask: Tensor, { shape }: Tensor): Tensor {
  if (mask.shape.some((length, axis) => length !== shape[axis])) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `The lossMask is ${formatSpec(mask)}, but what is predicted is f32[${shape.join(', ')}].`,
    );
  }
  const missing = shape.length - mask.rank;
  return missing === 0
    ? mask
    : g.broadcastTo(g.reshape(mask, [...mask.shape, ...Array<number>(missing).fill(1)]), shape);
}
