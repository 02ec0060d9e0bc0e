import { AttuneError, sizeOf } from '@attune/core';
import { rule, type Kernels } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { viewOf } from '../module/heap.js';

/** Rows that carry loss, as f32 0 and 1, and the position of each row's target among all logits. */
function locate(
  k: Kernels,
  targets: Tensor,
  vocabSize: number,
  ignoreIndex: number,
): { counts: Tensor; at: Tensor } {
  const ids = Int32Array.from(viewOf<Int32Array>(targets));
  const counts = Float32Array.from(ids, (id) => (id === ignoreIndex ? 0 : 1));
  const at = ids.map((id, row) => {
    if (id === ignoreIndex) return row * vocabSize;
    if (id < 0 || id >= vocabSize) {
      throw new AttuneError('TOKEN_OUT_OF_RANGE', `Target ${id} is not in [0, ${vocabSize}).`);
    }
    return row * vocabSize + id;
  });
  const shape = [ids.length];
  return {
    counts: k.upload({ shape, dtype: 'f32', data: counts }),
    at: k.upload({ shape, dtype: 'i32', data: at }),
  };
}

/** Logits as a matrix. */
function matrix(k: Kernels, logits: Tensor): { x: Tensor; rows: number; vocabSize: number } {
  const vocabSize = logits.shape.at(-1)!;
  const rows = sizeOf(logits.shape) / vocabSize;
  return { x: k.reshape(logits, [rows, vocabSize]), rows, vocabSize };
}

/** Targets pick single elements; core's decomposition compares each with the whole vocabulary, which is slow here. */
export const crossEntropyRules = {
  softmaxCrossEntropy: rule<{ ignoreIndex: number }>((k, [logits, targets], { ignoreIndex }, [out]) => {
    const { x, rows, vocabSize } = matrix(k, logits!);
    const { counts, at } = locate(k, targets!, vocabSize, ignoreIndex);
    const largest = k.run('Max', { x }, { reductionIndices: [1], keepDims: true });
    const shifted = k.run('Sub', { a: x, b: largest });
    const total = k.run('Sum', { x: k.run('Exp', { x: shifted }) }, { axis: [1], keepDims: false });
    const flat = k.reshape(shifted, [rows * vocabSize]);
    const picked = k.run('GatherV2', { x: flat, indices: at }, { axis: 0, batchDims: 0 });
    const loss = k.run('Sub', { a: k.run('Log', { x: total }), b: picked });
    return k.reshape(k.run('Multiply', { a: loss, b: counts }), out!.shape);
  }),

  softmaxCrossEntropyGrad: rule<{ ignoreIndex: number }>(
    (k, [logits, targets, dLoss], { ignoreIndex }, [out]) => {
      const { x, rows, vocabSize } = matrix(k, logits!);
      const { counts, at } = locate(k, targets!, vocabSize, ignoreIndex);
      const scale = k.run('Multiply', { a: k.reshape(dLoss!, [rows]), b: counts });
      const hot = k.run(
        'ScatterNd',
        { indices: k.reshape(at, [rows, 1]), updates: counts },
        { shape: [rows * vocabSize] },
      );
      const probabilities = k.run('Softmax', { logits: x }, { dim: 1 });
      const error = k.run('Sub', { a: probabilities, b: k.reshape(hot, [rows, vocabSize]) });
      return k.reshape(k.run('Multiply', { a: error, b: k.reshape(scale, [rows, 1]) }), out!.shape);
    },
  ),
};
