import { decompose, opNodes, type PrimitiveName, type ProductPrecision, type Program } from '@attune/core';

/** How far a backend may be from the truth. All of it is relative, save where it says otherwise. */
export interface Tolerances {
  /** The relative error of an operand of a matrix product, as the engine rounds it, or cuts it off. */
  readonly operand: number;
  /** The error of the value of one op, relative to the largest element: `max|a − b| ≤ value · max|b| + 1e-7`. */
  readonly value: number;
  /** The error of a gradient, or a tensor after training, relative to its largest element; `1e-7 · globalNorm` is added. */
  readonly gradient: number;
  /** The absolute error of logits. */
  readonly logits: number;
  /** The absolute error of a loss. */
  readonly loss: number;
  /** The relative error of the norm of all gradients. */
  readonly gradNorm: number;
}

/** Where operands are cut off after so many bits behind the point. */
const cutOff = (bits: number) => 2 ** -bits;

/**
 * A precision's tolerances from ε, the error of an operand. One product of two operands is wrong by up to 2ε of its
 * size. A sum of products has errors of either sign, and is no smaller than some of its terms: 4ε of the largest element.
 * A gradient comes from a chain of products, each of which adds its own; three blocks of a model and its head are 16 in a
 * row, of which most partly cancel: 8ε. Logits of the models here are of the size of 1, and see the forward half of that
 * chain: 8ε. A loss is a mean over many tokens, of errors of either sign, and so is a norm: 2ε.
 */
const rounded = (operand: number): Tolerances => ({
  operand,
  value: 4 * operand,
  gradient: 8 * operand,
  logits: 8 * operand,
  loss: 2 * operand,
  gradNorm: 2 * operand,
});

/**
 * The one table of tolerances, by {@link ProductPrecision}.
 *
 * For `f32`, operands are exact, and what is left are the roundings of float32 sums, u = 2⁻²⁴ each: a sum of some hundred
 * terms in any order stays below 100u ≈ 6e-6, and below 1e-5 of the largest element; gradients, after a chain of these,
 * below 1e-4; the losses of PyTorch's runs are repeated to 1e-5.
 */
export const tolerances: Readonly<Record<ProductPrecision, Tolerances>> = {
  f32: { operand: 0, value: 1e-5, gradient: 1e-4, logits: 1e-4, loss: 1e-5, gradNorm: 1e-4 },
  tf32: rounded(cutOff(10)),
  bf16: rounded(cutOff(7)),
};

/** The primitives that multiply matrices. The rows of `scatterAdd` may be added up by a product with zeros and ones. */
const products: ReadonlySet<string> = new Set<PrimitiveName>(['matmul', 'scatterAdd']);

/** The tolerances for a program: those of float32, unless its ops, or what they are made of, multiply matrices. */
export function tolerancesFor(program: Program, precision: ProductPrecision): Tolerances {
  const multiplies = opNodes(decompose(program, () => true)).some(({ op }) => products.has(op));
  return tolerances[multiplies ? precision : 'f32'];
}
