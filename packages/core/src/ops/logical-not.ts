import { expectInputs } from './checks.js';
import { defineOp } from './define-op.js';

/** `¬a`: bool. */
export const logicalNot = defineOp({
  name: 'logicalNot',
  infer: (inputs) => {
    expectInputs('logicalNot', inputs, ['bool']);
    return [inputs[0]!];
  },
  reference: ([a]) => [a!.map((value) => 1 - value)],
});
