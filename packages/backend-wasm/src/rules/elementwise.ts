import { broadcastShapes, sameShape, type DType, type Shape } from '@attune/core';
import { rule, tfjsDtype, type Kernels, type Rule } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';

/** `x` without leading axes of length 1. */
function trimmed(k: Kernels, x: Tensor): Tensor {
  const first = x.shape.findIndex((length) => length !== 1);
  return first === 0 || x.shape.length === 0 ? x : k.reshape(x, first < 0 ? [] : x.shape.slice(first));
}

/** Whether a trimmed shape is the end of `shape`: such operands are read with a counter that wraps round. */
function isSuffix(own: Shape, shape: Shape): boolean {
  return sameShape(own, shape.slice(shape.length - own.length));
}

/**
 * `x` repeated to a shape it broadcasts to. tfjs' Tile computes each element's coordinates in vectors it allocates; here
 * an operation that changes nothing does it: f32 on XNNPACK, the others with a counter where `x` is the shape's end.
 */
export function expand(k: Kernels, x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (x.dtype === 'float32') return k.run('Multiply', { a: k.fill({ shape, dtype: 'f32' }, 1), b: x });
  if (x.dtype === 'int32') return k.run('Add', { a: k.fill({ shape, dtype: 'i32' }, 0), b: trimmed(k, x) });
  return k.run('LogicalAnd', { a: k.fill({ shape, dtype: 'bool' }, 1), b: trimmed(k, x) });
}

/**
 * A kernel of two operands that is not XNNPACK's. Where an operand is not the end of the result's shape, it would take
 * 0.1 µs for each element; f32 operands are repeated beforehand.
 */
const scalarBinary = (kernel: string): Rule =>
  rule((k, [x, y]) => {
    const shape = broadcastShapes(kernel, x!.shape, y!.shape);
    const [a, b] = [x!, y!].map((input) => {
      const short = trimmed(k, input);
      return isSuffix(short.shape, shape) || input.dtype !== 'float32' ? short : expand(k, input, shape);
    });
    return k.reshape(k.run(kernel, { a: a!, b: b! }), shape);
  });

export const elementwiseRules = {
  maximum: scalarBinary('Maximum'),
  minimum: scalarBinary('Minimum'),
  equal: scalarBinary('Equal'),
  less: scalarBinary('Less'),
  lessEqual: scalarBinary('LessEqual'),
  logicalAnd: scalarBinary('LogicalAnd'),

  broadcastTo: rule<{ shape: Shape }>((k, [x], { shape }) => {
    const result = expand(k, x!, shape);
    return result === x ? k.alias(result) : result;
  }),

  select: rule((k, inputs, _attrs, [out]) => {
    const [condition, t, e] = inputs.map((input) => expand(k, input, out!.shape)) as [Tensor, Tensor, Tensor];
    if (out!.dtype !== 'bool') return k.run('Select', { condition, t, e });
    // The kernel moves four bytes for each element, whatever the dtype.
    const otherwise = k.run('LogicalNot', { x: condition });
    return k.run('LogicalOr', {
      a: k.run('LogicalAnd', { a: condition, b: t }),
      b: k.run('LogicalAnd', { a: otherwise, b: e }),
    });
  }),

  // Casting to bool, the kernel keeps the low byte: 256 and 0.5 would be false.
  cast: rule<{ dtype: DType }>((k, [x], { dtype }) => {
    if (dtype !== 'bool') return k.run('Cast', { x: x! }, { dtype: tfjsDtype[dtype] });
    const zero = k.fill({ shape: [], dtype: x!.dtype === 'float32' ? 'f32' : 'i32' }, 0);
    return k.run('NotEqual', { a: x!, b: zero });
  }),
};
