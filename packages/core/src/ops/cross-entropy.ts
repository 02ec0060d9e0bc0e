import type { Tensor } from '../graph/tensor.js';
import { expectInputs, expectRank, expectSpec } from '../tensor/checks.js';
import type { TensorSpec } from '../tensor/index.js';
import { defineComposite, type IndexInput } from './define.js';

/** Which targets carry no loss. */
export interface CrossEntropyAttributes extends Readonly<Record<string, number>> {
  readonly ignoreIndex: number;
}

// Not to be derived: the body compares targets with every class, where an engine reads the one that they name.
const targetsIn = ([logits]: readonly TensorSpec[], { ignoreIndex }: CrossEntropyAttributes): IndexInput => ({
  input: 1,
  limit: logits!.shape.at(-1)!,
  ignored: ignoreIndex,
});

/**
 * Cross-entropy of each row against its target: `logits f32[…, V]`, `targets i32[…]` → `f32[…]`,
 * `log Σⱼ e^xⱼ − x[target]`, and 0 where the target is `ignoreIndex`.
 *
 * Other targets lie in `[0, V)`; the reference throws TOKEN_OUT_OF_RANGE otherwise.
 * Reference implementation: `torch.nn.functional.cross_entropy(…, reduction='none')`.
 */
export const softmaxCrossEntropy = defineComposite(
  'softmaxCrossEntropy',
  (g, [logits, targets]: readonly [Tensor, Tensor], { ignoreIndex }: CrossEntropyAttributes) => {
    const logProbabilities = g.logSoftmax(logits);
    const picked = g.sum(g.mul(logProbabilities, g.oneHot(targets, logits.shape.at(-1)!)), [-1]);
    return g.select(g.equal(targets, ignoreIndex), 0, g.neg(picked));
  },
  {
    check: (inputs) => {
      expectInputs('softmaxCrossEntropy', inputs, ['f32', 'i32']);
      const [logits, targets] = inputs;
      expectRank('softmaxCrossEntropy', 'logits', logits!, 1);
      const shape = logits!.shape.slice(0, -1);
      expectSpec('softmaxCrossEntropy', 'targets', targets!, { shape, dtype: 'i32' });
    },
    indices: targetsIn,
    grad: (g, { inputs: [logits, targets], attrs, dOutput }) => [
      g.applyAll('softmaxCrossEntropyGrad', [logits!, targets!, dOutput], attrs)[0],
      undefined,
    ],
  },
);

/**
 * Gradient of {@link softmaxCrossEntropy}: `logits f32[…, V]`, `targets i32[…]`, `dLoss f32[…]` → `dLogits f32[…, V]`,
 * `(softmax(x) − oneHot(target)) · dLoss`, and 0 where the target is `ignoreIndex`.
 */
export const softmaxCrossEntropyGrad = defineComposite(
  'softmaxCrossEntropyGrad',
  (
    g,
    [logits, targets, dLoss]: readonly [Tensor, Tensor, Tensor],
    { ignoreIndex }: CrossEntropyAttributes,
  ) => {
    const scale = g.select(g.equal(targets, ignoreIndex), 0, dLoss);
    // From logSoftmax, which the forward pass has computed already.
    const probabilities = g.exp(g.logSoftmax(logits));
    const error = g.sub(probabilities, g.oneHot(targets, logits.shape.at(-1)!));
    return g.mul(error, g.reshape(scale, [...scale.shape, 1]));
  },
  {
    check: (inputs) => {
      expectInputs('softmaxCrossEntropyGrad', inputs, ['f32', 'i32', 'f32']);
      const [logits, targets, dLoss] = inputs;
      const shape = logits!.shape.slice(0, -1);
      expectSpec('softmaxCrossEntropyGrad', 'targets', targets!, { shape, dtype: 'i32' });
      expectSpec('softmaxCrossEntropyGrad', 'dLoss', dLoss!, { shape, dtype: 'f32' });
    },
    indices: targetsIn,
  },
);
