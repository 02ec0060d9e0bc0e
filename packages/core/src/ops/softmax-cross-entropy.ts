import { AttuneError } from '../errors/index.js';
import { expectInputs, expectRank, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { forEachRow, logSumExp } from './rows.js';

/** Which targets carry no loss. */
export interface CrossEntropyAttributes extends Readonly<Record<string, number>> {
  readonly ignoreIndex: number;
}

/**
 * Cross-entropy of each row against its target: `logits f32[…, V]`, `targets i32[…]` → `f32[…]`,
 * `log Σⱼ e^xⱼ − x[target]`, and 0 where the target is `ignoreIndex`.
 *
 * Other targets lie in `[0, V)`; the reference throws TOKEN_OUT_OF_RANGE otherwise.
 * Reference implementation: `torch.nn.functional.cross_entropy(…, reduction='none')`.
 */
export const softmaxCrossEntropy = defineOp<CrossEntropyAttributes>({
  name: 'softmaxCrossEntropy',
  infer: (inputs) => {
    expectInputs('softmaxCrossEntropy', inputs, ['f32', 'i32']);
    const [logits, targets] = inputs;
    expectRank('softmaxCrossEntropy', 'logits', logits!, 1);
    const shape = logits!.shape.slice(0, -1);
    expectSpec('softmaxCrossEntropy', 'targets', targets!, { shape, dtype: 'i32' });
    return [{ shape, dtype: 'f32' }];
  },
  indices: ([logits], { ignoreIndex }) => ({ input: 1, limit: logits!.shape.at(-1)!, ignored: ignoreIndex }),
  grad: (g, { inputs: [logits, targets], attrs, dOutput }) => [
    g.applyAll('softmaxCrossEntropyGrad', [logits!, targets!, dOutput], attrs)[0],
    undefined,
  ],
  decompose: (g, [logits, targets], { ignoreIndex }) => {
    const logProbabilities = g.logSoftmax(logits!);
    const picked = g.sum(g.mul(logProbabilities, g.oneHot(targets!, logits!.shape.at(-1)!)), [-1]);
    return [g.select(g.equal(targets!, ignoreIndex), 0, g.neg(picked))];
  },
  reference: ([logits, targets], { ignoreIndex }, allocate) => {
    const vocabSize = logits!.shape.at(-1)!;
    const out = allocate({ shape: targets!.shape, dtype: 'f32' });
    forEachRow(logits!, (start, end, row) => {
      const target = targets!.data[row]!;
      if (target === ignoreIndex) return;
      if (target < 0 || target >= vocabSize) {
        throw new AttuneError('TOKEN_OUT_OF_RANGE', `Target ${target} is not in [0, ${vocabSize}).`);
      }
      out.data[row] = logSumExp(logits!, start, end) - logits!.data[start + target]!;
    });
    return [out];
  },
});
