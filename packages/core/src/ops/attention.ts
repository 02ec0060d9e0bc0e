import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectShape } from '../tensor/checks.js';
import { formatSpec, MASKED_SCORE, sameShape } from '../tensor/index.js';
import { defineComposite } from './define.js';

/** The mask and the scale of attention. */
export interface AttentionAttributes extends Readonly<Record<string, number | boolean>> {
  /** True if row i sees columns 0 … i only. */
  readonly causal: boolean;
  /** The factor of the scores, usually `1 / √D`. */
  readonly scale: number;
}

/** Returns the causal mask, `bool[T, T]`: true where a row of the scores sees a column, which is not after it. */
export function causalMask(g: Vocabulary, length: number): Tensor {
  const square = [length, length];
  return g.lessEqual(g.iota(square, 1), g.iota(square, 0));
}

/**
 * The weights `softmax(scale · q · kᵀ)`, `[…, T, T]`, in ops of the graph.
 *
 * @param visible `bool`, to be broadcast to `[…, T, T]`: which columns a row sees. By default what `causal` says.
 */
export function attentionWeights(
  g: Vocabulary,
  q: Tensor,
  k: Tensor,
  { causal, scale }: AttentionAttributes,
  visible: Tensor | undefined = causal ? causalMask(g, q.shape.at(-2)!) : undefined,
): Tensor {
  const scores = g.mul(g.matmul(q, k, { transposeB: true }), scale);
  return g.softmax(visible ? g.select(visible, scores, MASKED_SCORE) : scores);
}

/**
 * Scaled dot-product attention, head by head: `q, k, v f32[…, T, D]` → `f32[…, T, D]`, `softmax(scale · q · kᵀ) · v`.
 *
 * Source: Vaswani et al., "Attention Is All You Need" (2017); `torch.nn.functional.scaled_dot_product_attention`.
 */
export const attention = defineComposite(
  'attention',
  (g, [q, k, v]: readonly [Tensor, Tensor, Tensor], attrs: AttentionAttributes) =>
    g.matmul(attentionWeights(g, q, k, attrs), v),
  {
    check: (inputs) => {
      expectInputs('attention', inputs, ['f32', 'f32', 'f32']);
      const [q, k, v] = inputs;
      expectRank('attention', 'q', q!, 2);
      expectShape(
        sameShape(q!.shape, k!.shape) && sameShape(q!.shape, v!.shape),
        () => `attention: q, k and v must be alike, but are ${inputs.map(formatSpec).join(', ')}.`,
      );
    },
    grad: (g, { inputs, attrs, dOutput }) => g.applyAll('attentionGrad', [...inputs, dOutput], attrs),
  },
);

/**
 * Gradient of {@link attention}: `q, k, v, dOut f32[…, T, D]` → `dq, dk, dv f32[…, T, D]`.
 *
 * With weights `P` and `dP = dOut · vᵀ`: `dS = P · (dP − Σ dP·P)`, `dq = scale · dS · k`, `dk = scale · dSᵀ · q`,
 * `dv = Pᵀ · dOut`. The weights are computed again rather than kept, so that an engine may never store them.
 */
export const attentionGrad = defineComposite(
  'attentionGrad',
  (g, [q, k, v, dOut]: readonly [Tensor, Tensor, Tensor, Tensor], attrs: AttentionAttributes) => {
    const weights = attentionWeights(g, q, k, attrs);
    const dWeights = g.matmul(dOut, v, { transposeB: true });
    const dScores = g.mul(weights, g.sub(dWeights, g.sum(g.mul(dWeights, weights), [-1], true)));
    const scaled = g.mul(dScores, attrs.scale);
    return [
      g.matmul(scaled, k),
      g.matmul(scaled, q, { transposeA: true }),
      g.matmul(weights, dOut, { transposeA: true }),
    ];
  },
  { check: (inputs) => expectInputs('attentionGrad', inputs, ['f32', 'f32', 'f32', 'f32']) },
);
