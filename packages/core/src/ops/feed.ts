import { AttuneError } from '../errors/index.js';
import type { DType, Shape } from '../tensor/index.js';
import { expectLengths } from './checks.js';
import { defineOp } from './define-op.js';

/** A tensor that the host sends with every run. */
export const feed = defineOp<{ name: string; shape: Shape; dtype: DType }>({
  name: 'feed',
  infer: (_inputs, { shape, dtype }) => {
    expectLengths('feed', shape);
    return [{ shape, dtype }];
  },
  reference: (_inputs, { name }) => {
    throw new AttuneError('INVALID_PROGRAM', `The value of feed "${name}" comes from outside of the graph.`);
  },
});
