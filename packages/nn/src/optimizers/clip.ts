import type { GraphBuilder, Tensor } from '@attune/core';

/** The Euclidean norm of all gradients taken together: f32 scalar. */
export function globalNorm(g: GraphBuilder, gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((gradient) => g.sum(g.square(gradient)));
  return g.sqrt(squares.reduce((total, square) => g.add(total, square), g.constant(0)));
}

/**
 * Scales gradients so that their global norm is at most `maxNorm`.
 *
 * Reference implementation: `torch.nn.utils.clip_grad_norm_`.
 *
 * @param norm what {@link globalNorm} gave for these gradients.
 */
export function clipByGlobalNorm(
  g: GraphBuilder,
  gradients: readonly Tensor[],
  norm: Tensor,
  maxNorm: number,
): Tensor[] {
  const scale = g.minimum(g.div(maxNorm, g.add(norm, 1e-6)), 1);
  return gradients.map((gradient) => g.mul(gradient, scale));
}
