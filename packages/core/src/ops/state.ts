import { AttuneError } from '../errors/index.js';
import type { DType, Shape } from '../tensor/index.js';
import { expectLengths } from './checks.js';
import { defineOp } from './define-op.js';

/** A tensor that lives on the device, as it is when a run begins. */
export const state = defineOp<{ name: string; shape: Shape; dtype: DType }>({
  name: 'state',
  infer: (_inputs, { shape, dtype }) => {
    expectLengths('state', shape);
    return [{ shape, dtype }];
  },
  reference: (_inputs, { name }) => {
    throw new AttuneError('INVALID_PROGRAM', `The value of state "${name}" comes from outside of the graph.`);
  },
});
