import { AttuneError, sizeOf, type Loss } from '@attune/core';

/**
 * Mean squared error: `sum((output − y)² · lossMask) / sum(lossMask)`; without a `lossMask`, the mean over all elements.
 *
 * @param output which of the model's outputs is compared with `y f32[…]`, of the same shape.
 */
export function meanSquaredError({ output = 'prediction' }: { readonly output?: string } = {}): Loss {
  return {
    name: 'meanSquaredError',
    build(g, outputs, { y, lossMask }) {
      const prediction = outputs[output];
      if (!prediction || !y) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `Mean squared error needs \`${output}\` from the model and \`y\` from the batch.`,
        );
      }
      const squares = g.square(g.sub(prediction, y));
      if (lossMask) return { numerator: g.sum(g.mul(squares, lossMask)), count: g.sum(lossMask) };
      return { numerator: g.sum(squares), count: g.constant(sizeOf(squares.shape)) };
    },
  };
}
