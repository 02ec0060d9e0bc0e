import { expectInputs } from './checks.js';
import { attentionWeights, weightsOfRow, type AttentionAttributes } from './attention.js';
import { defineOp } from './define-op.js';

/**
 * Gradient of {@link attention}: `q, k, v, dOut f32[…, T, D]` → `dq, dk, dv f32[…, T, D]`.
 *
 * With weights `P` and `dP = dOut · vᵀ`: `dS = P · (dP − Σ dP·P)`, `dq = scale · dS · k`, `dk = scale · dSᵀ · q`,
 * `dv = Pᵀ · dOut`. The weights are computed again rather than kept, so that an engine may never store them.
 */
export const attentionGrad = defineOp<AttentionAttributes>({
  name: 'attentionGrad',
  infer: (inputs) => {
    expectInputs('attentionGrad', inputs, ['f32', 'f32', 'f32', 'f32']);
    return inputs.slice(0, 3);
  },
  decompose: (g, [q, k, v, dOut], attrs) => {
    const weights = attentionWeights(g, q!, k!, attrs);
    const dWeights = g.matmul(dOut!, v!, { transposeB: true });
    const dScores = g.mul(weights, g.sub(dWeights, g.sum(g.mul(dWeights, weights), [-1], true)));
    const scaled = g.mul(dScores, attrs.scale);
    return [
      g.matmul(scaled, k!),
      g.matmul(scaled, q!, { transposeA: true }),
      g.matmul(weights, dOut!, { transposeA: true }),
    ];
  },
  reference: ([q, k, v, dOut], attrs, allocate) => {
    const [length, width] = q!.shape.slice(-2) as [number, number];
    const [dq, dk, dv] = [q!, k!, v!].map((array) => new Float64Array(array.size)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let start = 0; start < q!.size / width; start++) {
      const [head, row] = [Math.floor(start / length), start % length];
      const weights = weightsOfRow(q!, k!, head, row, attrs);
      const dWeights = weights.map((_, j) => {
        let total = 0;
        for (let d = 0; d < width; d++) {
          total += dOut!.data[start * width + d]! * v!.data[(head * length + j) * width + d]!;
        }
        return total;
      });
      const mean = weights.reduce((sum, weight, j) => sum + weight * dWeights[j]!, 0);
      for (let j = 0; j < weights.length; j++) {
        const dScore = weights[j]! * (dWeights[j]! - mean) * attrs.scale;
        for (let d = 0; d < width; d++) {
          const [row_, column] = [start * width + d, (head * length + j) * width + d];
          dq[row_]! += dScore * k!.data[column]!;
          dk[column]! += dScore * q!.data[row_]!;
          dv[column]! += weights[j]! * dOut!.data[row_]!;
        }
      }
    }
    return [dq, dk, dv].map((gradient) => {
      const out = allocate(q!);
      out.data.set(gradient);
      return out;
    });
  },
});
