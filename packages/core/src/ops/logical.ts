import { expectInputs } from '../tensor/checks.js';
import { binaryOp } from './binary.js';
import { definePrimitive } from './define.js';

/** `a ∧ b`: bool. */
export const logicalAnd = binaryOp({
  name: 'logicalAnd',
  dtypes: ['bool'],
  result: 'bool',
  reference: (a, b) => a & b,
});

/** `¬a`: bool. */
export const logicalNot = definePrimitive({
  name: 'logicalNot',
  infer: (inputs) => {
    expectInputs('logicalNot', inputs, ['bool']);
    return [inputs[0]!];
  },
  reference: ([a]) => [a!.map((value) => 1 - value)],
});
