import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import { zip } from '../interpreter/nd-array.js';
import { broadcastShapes, type DType } from '../tensor/index.js';
import { expectInputs } from './checks.js';
import { defineOp, type Attributes, type GradContext, type OpDefinition } from './define-op.js';

/** An op that maps each element of one f32 tensor to one f32 element. */
export function unaryOp<A extends Attributes = Attributes>(rule: {
  name: string;
  reference(x: number, attrs: A): number;
  /** dL/dx, given dL/dy. Missing for functions that are flat almost everywhere. */
  grad?(g: GraphBuilder, context: GradContext<A> & { input: Tensor }): Tensor;
  decompose?(g: GraphBuilder, x: Tensor, attrs: A): Tensor;
}): OpDefinition<A> {
  const { name, reference, grad, decompose } = rule;
  return defineOp<A>({
    name,
    infer: (inputs) => {
      expectInputs(name, inputs, ['f32']);
      return [inputs[0]!];
    },
    ...(grad && { grad: (g, context) => [grad(g, { ...context, input: context.inputs[0]! })] }),
    ...(decompose && { decompose: (g, [x], attrs) => [decompose(g, x!, attrs)] }),
    reference: ([x], attrs) => [x!.map((value) => reference(value, attrs))],
  });
}

/** An op on two tensors of one dtype that broadcast against each other, element by element. */
export function binaryOp(rule: {
  name: string;
  dtypes: readonly DType[];
  /** The result's dtype. Default: that of the operands. */
  result?: DType;
  reference(a: number, b: number): number;
  /** dL/da and dL/db before they are summed over the axes that were stretched. */
  grad?(g: GraphBuilder, a: Tensor, b: Tensor, dy: Tensor, y: Tensor): readonly [Tensor, Tensor];
}): OpDefinition {
  const { name, dtypes, result, reference, grad } = rule;
  return defineOp({
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
