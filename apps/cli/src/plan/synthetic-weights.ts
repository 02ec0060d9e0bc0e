import { hostTensor, narrowed, Random, sizeOf, type Parameter, type TensorSource } from '@attune/core';
import type { TensorSources } from '@attune/runs';

/** Numbers that are repeated: as many as no cache of the first level holds. */
const PATTERN_LENGTH = 2 ** 18;

/** As wide as GPT-2's first weights. */
const DEVIATION = 0.02;

/** Small numbers around 0, cheap to make for a large model. A step on them takes the time that one on trained weights takes. */
export const syntheticWeights: TensorSources = ({ model }) => {
  const random = new Random(1, 0);
  const pattern = Float32Array.from({ length: PATTERN_LENGTH }, () => DEVIATION * random.normal());
  const entry = ({ name, shape, storage }: Parameter): [string, TensorSource[string]] => {
    const load = async () => {
      const data = new Float32Array(sizeOf(shape));
      for (let at = 0; at < data.length; at += pattern.length) {
        data.set(pattern.subarray(0, Math.min(pattern.length, data.length - at)), at);
      }
      const wide = hostTensor('f32', shape, data);
      return storage === 'bf16' || storage === 'f16' ? narrowed(storage, wide) : wide;
    };
    return [name, { shape, dtype: 'f32', load }];
  };
  return Object.fromEntries(model.parameters.map(entry));
};
