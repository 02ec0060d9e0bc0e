import { AttuneError, sizeOf } from '@attune/core';
import { rule, type Kernels } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorflow } from './native.js';

/** Targets as TensorFlow takes them, 0 where they are ignored, and which rows carry loss, as f32 0 and 1. */
function readTargets(
  k: Kernels,
  targets: Tensor,
  vocabSize: number,
  ignoreIndex: number,
): { labels: Tensor; counts: Tensor | undefined } {
  const ids = targets.dataSync<'int32'>();
  for (const id of ids) {
    if (id === ignoreIndex || (id >= 0 && id < vocabSize)) continue;
    throw new AttuneError('TOKEN_OUT_OF_RANGE', `Target ${id} is not in [0, ${vocabSize}).`);
  }
  const shape = [ids.length];
  if (!ids.includes(ignoreIndex)) return { labels: k.reshape(targets, shape), counts: undefined };
  const ignored = (id: number) => id === ignoreIndex;
  return {
    labels: k.upload({ shape, dtype: 'i32', data: ids.map((id) => (ignored(id) ? 0 : id)) }),
    counts: k.upload({ shape, dtype: 'f32', data: Array.from(ids, (id) => (ignored(id) ? 0 : 1)) }),
  };
}

/** TensorFlow's fused kernel, of the loss of each row and of `softmax − oneHot`; and which rows carry loss. */
function crossEntropy(k: Kernels, logits: Tensor, targets: Tensor, ignoreIndex: number) {
  const vocabSize = logits.shape.at(-1)!;
  const rows = sizeOf(logits.shape) / vocabSize;
  const { labels, counts } = readTargets(k, targets, vocabSize, ignoreIndex);
  const [loss, error] = tensorflow(
    k,
    'SparseSoftmaxCrossEntropyWithLogits',
    { T: 'f32', Tlabels: 'i32' },
    [k.reshape(logits, [rows, vocabSize]), labels],
    2,
  );
  return { loss: loss!, error: error!, counts, rows };
}

/** Rules that normalise rows of logits, each by one kernel. */
export const softmaxRules = {
  logSoftmax: rule((k, [logits]) => tensorflow(k, 'LogSoftmax', { T: 'f32' }, [logits!])),

  softmaxCrossEntropy: rule<{ ignoreIndex: number }>((k, [logits, targets], { ignoreIndex }, [out]) => {
    const { loss, counts } = crossEntropy(k, logits!, targets!, ignoreIndex);
    return k.reshape(counts ? k.run('Multiply', { a: loss, b: counts }) : loss, out!.shape);
  }),

  softmaxCrossEntropyGrad: rule<{ ignoreIndex: number }>(
    (k, [logits, targets, dLoss], { ignoreIndex }, [out]) => {
      const { error, counts, rows } = crossEntropy(k, logits!, targets!, ignoreIndex);
      const flat = k.reshape(dLoss!, [rows, 1]);
      const scale = counts ? k.run('Multiply', { a: flat, b: k.reshape(counts, [rows, 1]) }) : flat;
      return k.reshape(k.run('Multiply', { a: error, b: scale }), out!.shape);
    },
  ),
};
