import { allocator, keepMask, opDefinition, sizeOf, type DType, type Shape } from '@attune/core';
import { rule } from './rule.js';

/** Ops whose values come from the host. */
export const inputRules = {
  constant: rule<{ value: number; shape: Shape; dtype: DType }>((k, _inputs, { value, shape, dtype }) =>
    k.fill({ shape, dtype }, value),
  ),

  iota: rule((k, _inputs, attrs) =>
    k.upload(opDefinition('iota').reference([], attrs, allocator('f32'))[0]!),
  ),

  // Masks whose seed is fed are computed by the host: here are those whose seed is the state's, or always the same.
  bernoulli: rule<{ shape: Shape; p: number; stream: number }>((k, [seed], { shape, p, stream }) =>
    k.upload({ shape, dtype: 'bool', data: keepMask(seed!.dataSync()[0]!, stream, p, sizeOf(shape)) }),
  ),
};
