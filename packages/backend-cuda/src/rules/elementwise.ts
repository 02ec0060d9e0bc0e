import { computeDType, type DType, type Shape } from '@attune/core';
import { coreDtype, rule, tfjsDtype } from '@attune/lowering-tfjs';
import { integers, tensorflow } from './native.js';

/** Rules for ops that TensorFlow broadcasts or converts by itself. */
export const elementwiseRules = {
  select: rule((k, inputs) => tensorflow(k, 'SelectV2', { T: coreDtype(inputs[1]!.dtype) }, inputs)),

  broadcastTo: rule<{ shape: Shape }>((k, [x], { shape }) =>
    tensorflow(k, 'BroadcastTo', { T: coreDtype(x!.dtype), Tidx: 'i32' }, [x!, integers(k, shape)]),
  ),

  // Toward bool, TensorFlow compares with 0.
  cast: rule<{ dtype: DType }>((k, [x], { dtype }) =>
    k.run('Cast', { x: x! }, { dtype: tfjsDtype[computeDType(dtype)] }),
  ),
};
