import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs } from '../tensor/checks.js';
import { broadcastShapes, type ComputeDType } from '../tensor/index.js';
import { zip } from '../tensor/nd-array.js';
import { definePrimitive, type Primitive } from './define.js';

/** A primitive on two tensors of one dtype that broadcast against each other, element by element. */
export function binaryOp(rule: {
  name: string;
  dtypes: readonly ComputeDType[];
  /** The result's dtype. Default: that of the operands. */
  result?: ComputeDType;
  reference(a: number, b: number): number;
  /** dL/da and dL/db before they are summed over the axes that were stretched. */
  grad?(g: Vocabulary, a: Tensor, b: Tensor, dy: Tensor, y: Tensor): readonly [Tensor, Tensor];
}): Primitive {
  const { name, dtypes, result, reference, grad } = rule;
  return definePrimitive({
    name,
    infer: (inputs) => {
      const dtype = dtypes.find((candidate) => candidate === inputs[0]?.dtype) ?? dtypes[0]!;
      expectInputs(name, inputs, [dtype, dtype]);
      const shape = broadcastShapes(name, inputs[0]!.shape, inputs[1]!.shape);
      return [{ shape, dtype: result ?? dtype }];
    },
    ...(grad && {
      grad: (g, { inputs: [a, b], dOutput, output }) => {
        const [da, db] = grad(g, a!, b!, dOutput, output);
        return [g.sumTo(da, a!.shape), g.sumTo(db, b!.shape)];
      },
    }),
    reference: ([a, b], _attrs, allocate) => [zip(allocate, result ?? a!.dtype, [a!, b!], reference)],
  });
}

/** `a + b`. */
export const add = binaryOp({
  name: 'add',
  dtypes: ['f32', 'i32'],
  reference: (a, b) => a + b,
  grad: (_g, _a, _b, dy) => [dy, dy],
});

/** `a − b`. */
export const sub = binaryOp({
  name: 'sub',
  dtypes: ['f32', 'i32'],
  reference: (a, b) => a - b,
  grad: (g, _a, _b, dy) => [dy, g.neg(dy)],
});

/** `a · b`. */
export const mul = binaryOp({
  name: 'mul',
  dtypes: ['f32', 'i32'],
  reference: (a, b) => a * b,
  grad: (g, a, b, dy) => [g.mul(dy, b), g.mul(dy, a)],
});

/** `a / b`. */
export const div = binaryOp({
  name: 'div',
  dtypes: ['f32'],
  reference: (a, b) => a / b,
  grad: (g, _a, b, dy, y) => [g.div(dy, b), g.neg(g.div(g.mul(dy, y), b))],
});

/** The gradients of an extremum: all of it for `b` where `isB`, and for `a` elsewhere. */
const toOneSide = (g: Vocabulary, isB: Tensor, dy: Tensor) =>
  [g.select(isB, 0, dy), g.select(isB, dy, 0)] as const;

/** The larger of `a` and `b`. Where they are equal the gradient goes to `a`. */
export const maximum = binaryOp({
  name: 'maximum',
  dtypes: ['f32', 'i32'],
  reference: Math.max,
  grad: (g, a, b, dy) => toOneSide(g, g.less(a, b), dy),
});

/** The smaller of `a` and `b`. Where they are equal the gradient goes to `a`. */
export const minimum = binaryOp({
  name: 'minimum',
  dtypes: ['f32', 'i32'],
  reference: Math.min,
  grad: (g, a, b, dy) => toOneSide(g, g.less(b, a), dy),
});
