import { AttuneError, type Loss } from '@attune/core';

/**
 * Masked cross-entropy: `sum(ce(logits, y, ignoreIndex) · lossMask) / sum(lossMask)`. Without a `lossMask` in the batch,
 * the mean over the targets that are not `ignoreIndex`, as `torch.nn.functional.cross_entropy` takes it.
 *
 * Takes `logits f32[…, V]` from the model, and `y i32[…]`, `lossMask f32[…]` from the batch.
 *
 * @param target the field of the batch that holds the targets: `label`, in a classification.
 */
export function crossEntropy({
  ignoreIndex = -100,
  target = 'y',
}: { readonly ignoreIndex?: number; readonly target?: string } = {}): Loss {
  return {
    name: 'crossEntropy',
    build(g, { logits }, { [target]: y, lossMask }) {
      if (!logits || !y) {
        throw new AttuneError(
          'INVALID_ARGUMENT',
          `Cross-entropy needs \`logits\` from the model and \`${target}\` from the batch.`,
        );
      }
      const losses = g.softmaxCrossEntropy(logits, y, ignoreIndex);
      if (lossMask) return { numerator: g.sum(g.mul(losses, lossMask)), count: g.sum(lossMask) };
      const counted = g.cast(g.logicalNot(g.equal(y, ignoreIndex)), 'f32');
      return { numerator: g.sum(losses), count: g.sum(counted) };
    },
  };
}
