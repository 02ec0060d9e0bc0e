import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { erfOf } from './erf.js';
import { GELU_CUBIC, GELU_SCALE, type GeluAttributes } from './gelu.js';

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** `d gelu(x) / dx`, in float64. */
function derivative(x: number, approximate: GeluAttributes['approximate']): number {
  if (approximate === 'none') {
    return 0.5 * (1 + erfOf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / SQRT_2PI;
  }
  const t = Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x);
}

/** Gradient of {@link gelu}: `x f32[…]`, `dy f32[…]` → `dx f32[…]`. */
export const geluGrad = defineOp<GeluAttributes>({
  name: 'geluGrad',
  infer: (inputs) => {
    expectInputs('geluGrad', inputs, ['f32', 'f32']);
    expectSpec('geluGrad', 'dy', inputs[1]!, inputs[0]!);
    return [inputs[0]!];
  },
  decompose: (g, [x, dy], { approximate }) => {
    const square = g.square(x!);
    if (approximate === 'none') {
      const cumulative = g.mul(0.5, g.add(1, g.erf(g.mul(x!, Math.SQRT1_2))));
      const density = g.mul(1 / SQRT_2PI, g.exp(g.mul(-0.5, square)));
      return [g.mul(dy!, g.add(cumulative, g.mul(x!, density)))];
    }
    const t = g.tanh(g.mul(g.mul(GELU_SCALE, x!), g.add(1, g.mul(GELU_CUBIC, square))));
    const slope = g.mul(GELU_SCALE, g.add(1, g.mul(3 * GELU_CUBIC, square)));
    const bend = g.mul(g.mul(x!, g.sub(1, g.square(t))), slope);
    return [g.mul(dy!, g.mul(0.5, g.add(g.add(1, t), bend)))];
  },
  reference: ([x, dy], { approximate }) => [
    x!.map((value, i) => dy!.data[i]! * derivative(value, approximate)),
  ],
});
