import { broadcastShapes, computeDType, sizeOf, type DType, type Shape } from '@attune/core';
import { rule, tfjsDtype, type Rule } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { specOf, uninitialised, viewOf } from '../module/heap.js';
import { expand, wrapping } from './broadcast.js';

/**
 * A kernel of two operands that is not XNNPACK's: it computes the coordinates of each element in vectors it allocates,
 * 0.1 µs for each, unless it can read both operands with a counter.
 */
const scalarBinary = (kernel: string): Rule =>
  rule((k, [x, y]) => {
    const shape = broadcastShapes(kernel, x!.shape, y!.shape);
    const [a, b] = [x!, y!].map((input) => wrapping(k, input, shape)) as [Tensor, Tensor];
    return k.reshape(k.run(kernel, { a, b }), shape);
  });

/** XNNPACK's kernel for f32, which broadcasts on up to six axes; a {@link scalarBinary} for i32. */
const arithmetic = (kernel: string): Rule => {
  const scalar = scalarBinary(kernel);
  return rule((k, inputs, attrs, outputs) => {
    const { shape } = outputs[0]!;
    if (inputs[0]!.dtype !== 'float32') return scalar.apply(k, inputs, attrs, outputs);
    if (shape.length <= 6) return k.run(kernel, { a: inputs[0]!, b: inputs[1]! });
    const [a, b] = inputs.map((input) => k.reshape(expand(k, input, shape), [sizeOf(shape)]));
    return k.reshape(k.run(kernel, { a: a!, b: b! }), shape);
  });
};

type View = Float32Array | Int32Array | Uint8Array;

/** Writes `condition ? t : e`; operands that are shorter than `out` are read again from their beginning. */
function choose(out: View, condition: Uint8Array, t: View, e: View): void {
  const [size, conditions, ts, es] = [out.length, condition.length, t.length, e.length];
  for (let i = 0, c = 0, j = 0, l = 0; i < size; i++) {
    out[i] = condition[c] !== 0 ? t[j]! : e[l]!;
    if (++c === conditions) c = 0;
    if (++j === ts) j = 0;
    if (++l === es) l = 0;
  }
}

/** The larger (`sign` 1) or smaller (−1) of two, or NaN; operands that are shorter than `out` are read again. */
function extreme(sign: 1 | -1, out: View, a: View, b: View): void {
  const [size, as, bs] = [out.length, a.length, b.length];
  for (let i = 0, j = 0, l = 0; i < size; i++) {
    const [x, y] = [a[j]!, b[l]!];
    // A comparison with NaN is false, which takes y: only a NaN in x has to be looked for.
    out[i] = sign * x > sign * y || x !== x ? x : y;
    if (++j === as) j = 0;
    if (++l === bs) l = 0;
  }
}

/** The kernel loses a NaN in one of its operands. */
const extremum = (sign: 1 | -1): Rule =>
  rule((k, inputs, _attrs, [spec]) => {
    const out = uninitialised(k, spec!);
    const operands = inputs.map((input) => wrapping(k, input, spec!.shape));
    const [a, b] = operands.map((operand) => viewOf<View>(operand)) as [View, View];
    extreme(sign, viewOf<View>(out), a, b);
    return out;
  });

/** Rules for ops that work element by element. */
export const elementwiseRules = {
  add: arithmetic('Add'),
  sub: arithmetic('Sub'),
  mul: arithmetic('Multiply'),
  div: arithmetic('RealDiv'),
  maximum: extremum(1),
  minimum: extremum(-1),
  equal: scalarBinary('Equal'),
  less: scalarBinary('Less'),
  lessEqual: scalarBinary('LessEqual'),
  logicalAnd: scalarBinary('LogicalAnd'),

  broadcastTo: rule<{ shape: Shape }>((k, [x], { shape }) => {
    const result = expand(k, x!, shape);
    return result === x ? k.alias(result) : result;
  }),

  // The kernel takes operands of one shape, and moves four bytes for each element, whatever the dtype.
  select: rule((k, inputs, _attrs, [spec]) => {
    const out = uninitialised(k, spec!);
    const operands = inputs.map((input) => wrapping(k, input, spec!.shape)) as [Tensor, Tensor, Tensor];
    const [condition, t, e] = operands.map((operand) => viewOf(operand)) as [Uint8Array, View, View];
    choose(viewOf<View>(out), condition, t, e);
    return out;
  }),

  // Casting to bool, the kernel keeps the low byte: 256 and 0.5 would be false.
  cast: rule<{ dtype: DType }>((k, [x], { dtype }) => {
    if (dtype !== 'bool') return k.run('Cast', { x: x! }, { dtype: tfjsDtype[computeDType(dtype)] });
    return k.run('NotEqual', { a: x!, b: k.fill({ shape: [], dtype: specOf(x!).dtype }, 0) });
  }),
};
