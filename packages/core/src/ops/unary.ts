import type { Attributes } from '../graph/attributes.js';
import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs } from '../tensor/checks.js';
import { defineComposite, definePrimitive, type GradContext, type Primitive } from './define.js';

/** A primitive that maps each element of one f32 tensor to one f32 element. */
export function unaryOp<A extends Attributes = Attributes>(rule: {
  name: string;
  reference(x: number, attrs: A): number;
  /** dL/dx, given dL/dy. */
  grad(g: Vocabulary, context: GradContext<A> & { input: Tensor }): Tensor;
}): Primitive<A> {
  const { name, reference, grad } = rule;
  return definePrimitive<A>({
    name,
    infer: (inputs) => {
      expectInputs(name, inputs, ['f32']);
      return [inputs[0]!];
    },
    grad: (g, context) => [grad(g, { ...context, input: context.inputs[0]! })],
    reference: ([x], attrs) => [x!.map((value) => reference(value, attrs))],
  });
}

/** `−x`. */
export const neg = unaryOp({
  name: 'neg',
  reference: (x) => -x,
  grad: (g, { dOutput: dy }) => g.neg(dy),
});

/** The absolute value; its gradient at 0 is 0. */
export const abs = unaryOp({
  name: 'abs',
  reference: Math.abs,
  grad: (g, { input: x, dOutput: dy }) =>
    g.mul(dy, g.sub(g.cast(g.less(0, x), 'f32'), g.cast(g.less(x, 0), 'f32'))),
});

/** `eˣ`. */
export const exp = unaryOp({
  name: 'exp',
  reference: Math.exp,
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, y),
});

/** The natural logarithm. */
export const log = unaryOp({
  name: 'log',
  reference: Math.log,
  grad: (g, { input: x, dOutput: dy }) => g.div(dy, x),
});

/** The square root. */
export const sqrt = unaryOp({
  name: 'sqrt',
  reference: Math.sqrt,
  grad: (g, { output: y, dOutput: dy }) => g.div(g.mul(dy, 0.5), y),
});

/** `1 / √x`. */
export const rsqrt = defineComposite('rsqrt', (g, [x]) => g.div(1, g.sqrt(x)), {
  check: (inputs) => expectInputs('rsqrt', inputs, ['f32']),
  grad: (g, { output: y, dOutput: dy }) => [g.mul(dy, g.mul(-0.5, g.mul(y, g.mul(y, y))))],
});

/** The hyperbolic tangent. */
export const tanh = unaryOp({
  name: 'tanh',
  reference: Math.tanh,
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, g.sub(1, g.mul(y, y))),
});

/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = unaryOp({
  name: 'sigmoid',
  reference: (x) => 1 / (1 + Math.exp(-x)),
  grad: (g, { output: y, dOutput: dy }) => g.mul(dy, g.mul(y, g.sub(1, y))),
});

/**
 * The sigmoid linear unit, also called Swish: `x · σ(x)`, with the gradient `σ(x) · (1 + x · (1 − σ(x)))`.
 *
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016); `torch.nn.functional.silu`.
 */
export const silu = defineComposite('silu', (g, [x]) => g.mul(x, g.sigmoid(x)), {
  check: (inputs) => expectInputs('silu', inputs, ['f32']),
  grad: (g, { inputs: [x], dOutput: dy }) => {
    const s = g.sigmoid(x!);
    return [g.mul(dy, g.mul(s, g.add(1, g.mul(x!, g.sub(1, s)))))];
  },
});
