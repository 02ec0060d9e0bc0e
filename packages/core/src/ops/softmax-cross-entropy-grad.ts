import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { forEachRow, logSumExp } from './rows.js';
import type { CrossEntropyAttributes } from './softmax-cross-entropy.js';

/**
 * Gradient of {@link softmaxCrossEntropy}: `logits f32[…, V]`, `targets i32[…]`, `dLoss f32[…]` → `dLogits f32[…, V]`,
 * `(softmax(x) − oneHot(target)) · dLoss`, and 0 where the target is `ignoreIndex`.
 */
export const softmaxCrossEntropyGrad = defineOp<CrossEntropyAttributes>({
  name: 'softmaxCrossEntropyGrad',
  infer: (inputs) => {
    expectInputs('softmaxCrossEntropyGrad', inputs, ['f32', 'i32', 'f32']);
    const [logits, targets, dLoss] = inputs;
    const shape = logits!.shape.slice(0, -1);
    expectSpec('softmaxCrossEntropyGrad', 'targets', targets!, { shape, dtype: 'i32' });
    expectSpec('softmaxCrossEntropyGrad', 'dLoss', dLoss!, { shape, dtype: 'f32' });
    return [logits!];
  },
  indices: ([logits], { ignoreIndex }) => ({ input: 1, limit: logits!.shape.at(-1)!, ignored: ignoreIndex }),
  decompose: (g, [logits, targets, dLoss], { ignoreIndex }) => {
    const scale = g.select(g.equal(targets!, ignoreIndex), 0, dLoss!);
    // From logSoftmax, which the forward pass has computed already.
    const probabilities = g.exp(g.logSoftmax(logits!));
    const error = g.sub(probabilities, g.oneHot(targets!, logits!.shape.at(-1)!));
    return [g.mul(error, g.reshape(scale, [...scale.shape, 1]))];
  },
  reference: ([logits, targets, dLoss], { ignoreIndex }, allocate) => {
    const out = allocate(logits!);
    forEachRow(logits!, (start, end, row) => {
      const target = targets!.data[row]!;
      if (target === ignoreIndex) return;
      const total = logSumExp(logits!, start, end);
      for (let i = start; i < end; i++) {
        const probability = Math.exp(logits!.data[i]! - total);
        out.data[i] = (probability - Number(i - start === target)) * dLoss!.data[row]!;
      }
    });
    return [out];
  },
});
