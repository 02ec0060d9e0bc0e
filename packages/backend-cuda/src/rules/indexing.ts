import { AttuneError, sizeOf } from '@attune/core';
import { rule } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { integers, tensorflow } from './native.js';

/**
 * Fails for the first index that is out of range: on a GPU, TensorFlow reads zeros there. Indices lie on the host, even
 * when there is a GPU, so that nothing waits for this.
 */
function checkIndices(op: string, indices: Tensor, rows: number): void {
  const values = indices.dataSync<'int32'>();
  for (let i = 0; i < values.length; i++) {
    const index = values[i]!;
    if (index >= 0 && index < rows) continue;
    throw new AttuneError('TOKEN_OUT_OF_RANGE', `${op}: index ${index} is not in [0, ${rows}).`);
  }
}

/** Rules that look rows up. */
export const indexingRules = {
  // tfjs' kernel checks indices in a closure for each.
  gather: rule((k, [table, indices]) => {
    checkIndices('gather', indices!, table!.shape[0]!);
    const attributes = { batch_dims: 0, Tparams: 'f32', Tindices: 'i32', Taxis: 'i32' } as const;
    return tensorflow(k, 'GatherV2', attributes, [table!, indices!, integers(k, [0], [])]);
  }),

  // Half the time of ScatterNd, and each row of the table is one thread's.
  scatterAdd: rule<{ rows: number }>((k, [indices, updates], { rows }) => {
    checkIndices('scatterAdd', indices!, rows);
    const count = sizeOf(indices!.shape);
    const row = updates!.shape.slice(indices!.shape.length);
    const inputs = [
      k.reshape(updates!, [count, ...row]),
      k.reshape(indices!, [count]),
      integers(k, [rows], []),
    ];
    const attributes = { T: 'f32', Tindices: 'i32', Tnumsegments: 'i32' } as const;
    return tensorflow(k, 'UnsortedSegmentSum', attributes, inputs);
  }),
};
