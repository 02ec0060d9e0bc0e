import { isStorage, sizeOf, type DType } from '@attune/core';
import { defineRule } from '../steps/rule.js';

/** The conversions of the kernel `convert` by number: the same in the same order as in `kernels/convert.c`. */
const conversions = ['bf16_to_f32', 'f16_to_f32', 'i8_to_f32', 'f32_to_bf16', 'f32_to_f16'];

/** A cast from or to a storage type, into memory: the kernel `convert`. */
export const convert = defineRule('cast', (graph, node) => {
  const [input] = node.inputs;
  const [result] = node.outputs;
  const { dtype: from, shape } = graph.spec(input!);
  const to = node.attrs['dtype'] as DType;
  if (!isStorage(from) && !isStorage(to)) return undefined;
  const conversion = conversions.indexOf(`${from}_to_${to}`);
  return {
    inputs: [input!],
    outputs: [result!],
    emit: (tape) =>
      tape.call('convert', [...tape.ref(input!), ...tape.ref(result!), sizeOf(shape), conversion]),
  };
});
