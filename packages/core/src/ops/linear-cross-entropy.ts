import { AttuneError } from '../errors/index.js';
import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectRank, expectSpec } from '../tensor/checks.js';
import { defineComposite } from './define.js';

/** How the rows are taken. */
export interface LinearCrossEntropyAttributes extends Readonly<Record<string, number>> {
  readonly ignoreIndex: number;
  /** How many rows have their logits in memory at once. */
  readonly chunk: number;
}

type Inputs = readonly [hidden: Tensor, weight: Tensor, targets: Tensor, lossWeights: Tensor];

/** Loss and gradients of the rows from `start`. */
function chunkOf(
  g: Vocabulary,
  [hidden, weight, targets, lossWeights]: Inputs,
  {
    start,
    rows,
    ignoreIndex,
  }: { readonly start: number; readonly rows: number; readonly ignoreIndex: number },
) {
  const own = g.slice(hidden, [start, 0], [rows, hidden.shape[1]!]); // [n, C]
  const y = g.slice(targets, [start], [rows]);
  const w = g.slice(lossWeights, [start], [rows]);
  const logits = g.matmul(own, weight, { transposeB: true }); // [n, V]
  const losses = g.softmaxCrossEntropy(logits, y, ignoreIndex);
  const dLogits = g.applyAll('softmaxCrossEntropyGrad', [logits, y, w], { ignoreIndex })[0]!;
  return {
    losses, // [n]
    sum: g.sum(g.mul(losses, w)),
    dHidden: g.matmul(dLogits, weight), // [n, C]
    dWeight: g.matmul(dLogits, own, { transposeA: true }), // [V, C]
  };
}

/**
 * Cross-entropy of a linear head, summed, without all logits in memory: `hidden f32[N, C]`, `weight f32[V, C]`,
 * `targets i32[N]`, `lossWeights f32[N]` → `Σₙ lossWeightsₙ · ce(hiddenₙ · weightᵀ, targetsₙ)` `f32[]`, and its gradients
 * `dHidden f32[N, C]`, `dWeight f32[V, C]` and `dLossWeights f32[N]`, the losses themselves.
 *
 * The gradients are computed with the loss, while the logits of a chunk are there: going back for them would compute the
 * logits twice. What is not used – a frozen head's gradient, a mask's, all of them in evaluation – is left out of the
 * program.
 *
 * Source: Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models" (2024); Hsu et al., "Liger Kernel" (2024).
 */
export const linearCrossEntropy = defineComposite(
  'linearCrossEntropy',
  (g, inputs: Inputs, { ignoreIndex, chunk }: LinearCrossEntropyAttributes) => {
    const total = inputs[0].shape[0]!;
    // No rows are one chunk of none: its sums are zeros.
    const chunks = Array.from({ length: Math.max(1, Math.ceil(total / chunk)) }, (_, i) => {
      const start = i * chunk;
      return chunkOf(g, inputs, { start, rows: Math.min(chunk, total - start), ignoreIndex });
    });
    const sumOf = (tensors: readonly Tensor[]) => tensors.reduce((sum, tensor) => g.add(sum, tensor));
    return [
      sumOf(chunks.map(({ sum }) => sum)),
      g.concat(
        chunks.map(({ dHidden }) => dHidden),
        0,
      ),
      sumOf(chunks.map(({ dWeight }) => dWeight)),
      g.concat(
        chunks.map(({ losses }) => losses),
        0,
      ),
    ];
  },
  {
    check: (inputs, { chunk }) => {
      expectInputs('linearCrossEntropy', inputs, ['f32', 'f32', 'i32', 'f32']);
      const [hidden, weight, targets, lossWeights] = inputs;
      expectRank('linearCrossEntropy', 'hidden', hidden!, 2);
      const [rows, width] = hidden!.shape as [number, number];
      expectSpec('linearCrossEntropy', 'weight', weight!, {
        shape: [weight!.shape[0]!, width],
        dtype: 'f32',
      });
      expectSpec('linearCrossEntropy', 'targets', targets!, { shape: [rows], dtype: 'i32' });
      expectSpec('linearCrossEntropy', 'lossWeights', lossWeights!, { shape: [rows], dtype: 'f32' });
      if (!(Number.isInteger(chunk) && chunk > 0)) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `linearCrossEntropy: chunk must be a positive integer, but is ${chunk}.`,
        );
      }
    },
    indices: ([, weight], { ignoreIndex }) => ({ input: 2, limit: weight!.shape[0]!, ignored: ignoreIndex }),
    grad: (g, { outputs: [, ...gradients], dOutput: { node }, dOutput }) => {
      // In training it is the loss itself that is differentiated. A pass over a large vocabulary's gradient is not nothing.
      const isOne = node.op === 'constant' && node.attrs['value'] === 1;
      const [dHidden, dWeight, dLossWeights] = gradients.map((gradient) =>
        isOne ? gradient : g.mul(gradient, dOutput),
      );
      return [dHidden, dWeight, undefined, dLossWeights];
    },
  },
);
