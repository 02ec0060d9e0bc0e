import { binaryOp } from './binary.js';

const comparison = (name: string, reference: (a: number, b: number) => boolean) =>
  binaryOp({
    name,
    dtypes: ['f32', 'i32'],
    result: 'bool',
    reference: (a, b) => Number(reference(a, b)),
  });

/** `a = b`: bool. */
export const equal = comparison('equal', (a, b) => a === b);

/** `a < b`: bool. */
export const less = comparison('less', (a, b) => a < b);

/** `a ≤ b`: bool. */
export const lessEqual = comparison('lessEqual', (a, b) => a <= b);
