import type { Rule } from './context.js';
import type { OnnxValue } from '../writer/graph-writer.js';
import { MICROSOFT } from '../writer/graph-writer.js';
import type { Operators } from '../writer/operators.js';

/** `√(2/π)` and the cubic coefficient of the tanh approximation. */
const [SCALE, CUBIC] = [Math.sqrt(2 / Math.PI), 0.044715];

/** `tanh(√(2/π) (x + 0.044715 x³))` and `x²`. */
function tanhPart(ops: Operators, x: OnnxValue): { t: OnnxValue; square: OnnxValue } {
  const square = ops.mul(x, x);
  const slope = ops.add(ops.mul(square, SCALE * CUBIC), SCALE);
  return { t: ops.unary('Tanh', ops.mul(x, slope)), square };
}

/** Φ(x), the cumulative normal distribution. */
function cumulative(ops: Operators, x: OnnxValue): OnnxValue {
  const erf = ops.unary('Erf', ops.mul(x, Math.SQRT1_2));
  // ½ erf + ½ lies in [0, 1], where HardSigmoid is the line itself, in one node.
  return ops.w.apply('HardSigmoid', [erf], erf, { alpha: { float: 0.5 }, beta: { float: 0.5 } });
}

const gelu: Rule = (c) => {
  const { ops, writer, target } = c;
  const [x] = c.inputs as [OnnxValue];
  if (c.attr('approximate') === 'tanh') {
    return [ops.mul(ops.mul(x, 0.5), ops.add(tanhPart(ops, x).t, 1))];
  }
  if (target === 'cpu') return [writer.apply('Gelu', [x], x, {}, MICROSOFT)];
  return [ops.mul(ops.mul(x, 0.5), ops.add(ops.unary('Erf', ops.mul(x, Math.SQRT1_2)), 1))];
};

const geluGrad: Rule = (c) => {
  const { ops } = c;
  const [x, dy] = c.inputs as [OnnxValue, OnnxValue];
  if (c.attr('approximate') === 'tanh') {
    const { t, square } = tanhPart(ops, x);
    const slope = ops.add(ops.mul(square, 3 * SCALE * CUBIC), SCALE);
    const bend = ops.mul(ops.mul(x, ops.sub(1, ops.mul(t, t))), slope);
    return [ops.mul(ops.mul(dy, 0.5), ops.add(ops.add(t, 1), bend))];
  }
  // Φ(x) + x φ(x), with φ the normal density.
  const density = ops.unary('Exp', ops.mul(ops.mul(x, -0.5), x));
  const bend = ops.mul(ops.mul(x, density), 1 / Math.sqrt(2 * Math.PI));
  return [ops.mul(dy, ops.add(cumulative(ops, x), bend))];
};

export const activationRules = { gelu, geluGrad } satisfies Record<string, Rule>;
