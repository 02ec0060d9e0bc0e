import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import type { NdArray } from '../interpreter/nd-array.js';
import { formatSpec, MASKED_SCORE, sameShape } from '../tensor/index.js';
import { expectInputs, expectRank, expectShape } from './checks.js';
import { defineOp } from './define-op.js';

/** How scores become weights. */
export interface AttentionAttributes extends Readonly<Record<string, number | boolean>> {
  /** Whether row i sees columns 0 … i only. */
  readonly causal: boolean;
  /** What scores are multiplied by, usually `1 / √D`. */
  readonly scale: number;
}

/** Which columns a row of `[T, T]` scores sees when it does not see ahead: `bool[T, T]`. */
export function causalMask(g: GraphBuilder, length: number): Tensor {
  const square = [length, length];
  return g.lessEqual(g.iota(square, 1), g.iota(square, 0));
}

/**
 * The weights `softmax(scale · q · kᵀ)`, `[…, T, T]`, in ops of the graph.
 *
 * @param visible `bool`, to be broadcast to `[…, T, T]`: which columns a row sees. By default what `causal` says.
 */
export function attentionWeights(
  g: GraphBuilder,
  q: Tensor,
  k: Tensor,
  { causal, scale }: AttentionAttributes,
  visible: Tensor | undefined = causal ? causalMask(g, q.shape.at(-2)!) : undefined,
): Tensor {
  const scores = g.mul(g.matmul(q, k, { transposeB: true }), scale);
  return g.softmax(visible ? g.select(visible, scores, MASKED_SCORE) : scores);
}

/** The weights of one row of one head, in float64: entry `j` weighs `v[j]`. */
export function weightsOfRow(
  q: NdArray,
  k: NdArray,
  head: number,
  row: number,
  { causal, scale }: AttentionAttributes,
): Float64Array {
  const [length, width] = k.shape.slice(-2) as [number, number];
  const weights = new Float64Array(causal ? row + 1 : length);
  const qStart = (head * length + row) * width;
  let largest = -Infinity;
  for (let j = 0; j < weights.length; j++) {
    let score = 0;
    for (let d = 0; d < width; d++) score += q.data[qStart + d]! * k.data[(head * length + j) * width + d]!;
    weights[j] = score * scale;
    largest = Math.max(largest, weights[j]!);
  }
  let total = 0;
  weights.forEach((score, j) => (total += weights[j] = Math.exp(score - largest)));
  return weights.map((weight) => weight / total);
}

/**
 * Scaled dot-product attention, head by head: `q, k, v f32[…, T, D]` → `f32[…, T, D]`, `softmax(scale · q · kᵀ) · v`.
 *
 * Source: Vaswani et al., "Attention Is All You Need" (2017); `torch.nn.functional.scaled_dot_product_attention`.
 */
export const attention = defineOp<AttentionAttributes>({
  name: 'attention',
  infer: (inputs) => {
    expectInputs('attention', inputs, ['f32', 'f32', 'f32']);
    const [q, k, v] = inputs;
    expectRank('attention', 'q', q!, 2);
    expectShape(
      sameShape(q!.shape, k!.shape) && sameShape(q!.shape, v!.shape),
      () => `attention: q, k and v must be alike, but are ${inputs.map(formatSpec).join(', ')}.`,
    );
    return [q!];
  },
  grad: (g, { inputs, attrs, dOutput }) => g.applyAll('attentionGrad', [...inputs, dOutput], attrs),
  decompose: (g, [q, k, v], attrs) => [g.matmul(attentionWeights(g, q!, k!, attrs), v!)],
  reference: ([q, k, v], attrs, allocate) => {
    const out = allocate(q!);
    const [length, width] = q!.shape.slice(-2) as [number, number];
    for (let start = 0; start < q!.size / width; start++) {
      const [head, row] = [Math.floor(start / length), start % length];
      const weights = weightsOfRow(q!, k!, head, row, attrs);
      for (let d = 0; d < width; d++) {
        let total = 0;
        for (let j = 0; j < weights.length; j++)
          total += weights[j]! * v!.data[(head * length + j) * width + d]!;
        out.data[start * width + d] = total;
      }
    }
    return [out];
  },
});
