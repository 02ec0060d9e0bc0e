import { AttuneError, type GraphBuilder, type Loss, type ModelOutputs, type Tensor } from '@attune/core';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** The target that carries no loss. Default −100. */
  readonly ignoreIndex?: number;
  /** The field of the batch that holds the targets: `label`, in a classification. Default `y`. */
  readonly target?: string;
  /**
   * Most tokens whose logits are in memory at once: a language model's head is the largest thing in it. The loss is the same.
   * Default: all.
   */
  readonly chunkTokens?: number;
}

/**
 * Masked cross-entropy: `sum(ce(logits, y, ignoreIndex) · lossMask) / sum(lossMask)`. Without a `lossMask` in the batch,
 * the mean over the targets that are not `ignoreIndex`, as `torch.nn.functional.cross_entropy` takes it.
 *
 * Takes `logits f32[…, V]` from the model, and `y i32[…]`, `lossMask f32[…]` from the batch.
 */
export function crossEntropy({
  ignoreIndex = -100,
  target = 'y',
  chunkTokens,
}: CrossEntropyOptions = {}): Loss {
  return {
    name: 'crossEntropy',
    build(g, outputs, { [target]: y, lossMask }) {
      const { logits } = outputs;
      if (!logits || !y) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `Cross-entropy needs \`logits\` from the model and \`${target}\` from the batch.`,
        );
      }
      const counted = lossMask ?? g.cast(g.logicalNot(g.equal(y, ignoreIndex)), 'f32');
      const count = g.sum(counted);
      if (chunkTokens !== undefined) {
        return { numerator: inChunks(g, outputs, y, counted, { ignoreIndex, chunk: chunkTokens }), count };
      }
      const losses = g.softmaxCrossEntropy(logits, y, ignoreIndex);
      return { numerator: g.sum(lossMask ? g.mul(losses, lossMask) : losses), count };
    },
  };
}

/** The summed loss, from hidden states and the head's weight. */
function inChunks(
  g: GraphBuilder,
  { hidden, headWeight }: ModelOutputs,
  y: Tensor,
  weights: Tensor,
  options: { readonly ignoreIndex: number; readonly chunk: number },
): Tensor {
  if (!hidden || !headWeight) {
    throw new AttuneError('INVALID_ARGUMENT', 'The model does not say what its logits are a product of.', {
      fix: 'Leave out chunkTokens: this head needs all logits at once.',
    });
  }
  const width = hidden.shape.at(-1)!;
  const [rows, targets, lossWeights] = [
    g.reshape(hidden, [-1, width]),
    g.reshape(y, [-1]),
    g.reshape(weights, [-1]),
  ] as const;
  return g.linearCrossEntropy(rows, headWeight, targets, lossWeights, options);
}
