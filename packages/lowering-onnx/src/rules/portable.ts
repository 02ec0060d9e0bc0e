import { sameShape, type Shape } from '@attune/core';
import { activationRules } from './activation.js';
import type { Rule } from './context.js';
import { Stretched } from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';
import { dataTypeOf } from '../writer/protos.js';

/** Layer norm as the operator of that name, which onnxruntime joins with the additions before it. */
const layerNorm: Rule = ({ writer, inputs, attrs }) => {
  const attributes = { axis: { int: -1 }, epsilon: { float: attrs['epsilon'] as number } };
  return [writer.apply('LayerNormalization', inputs, inputs[0]!, attributes)];
};

/** Root mean square norm, in the form that onnxruntime makes one kernel of. */
const rmsNorm: Rule = ({ ops, inputs, attrs }) => {
  const [x, weight] = inputs as [OnnxValue, OnnxValue];
  const mean = ops.mean(ops.binary('Pow', x, 2), x.shape.length - 1);
  const root = ops.unary('Sqrt', ops.add(mean, attrs['epsilon'] as number));
  return [ops.mul(ops.div(x, root), weight)];
};

/** GELU, in the forms that onnxruntime makes one kernel of: kernels that take no scalars. */
const gelu: Rule = (c) => {
  const { ops, inputs, attrs, out } = c;
  if (out.shape.length === 0) return activationRules.gelu(c);
  const [x] = inputs as [OnnxValue];
  if (attrs['approximate'] === 'tanh') {
    const inner = ops.add(x, ops.mul(ops.binary('Pow', x, 3), 0.044715));
    const tanh = ops.unary('Tanh', ops.mul(inner, Math.sqrt(2 / Math.PI)));
    return [ops.mul(ops.mul(x, 0.5), ops.add(tanh, 1))];
  }
  const erf = ops.unary('Erf', ops.div(x, Math.SQRT2));
  return [ops.mul(ops.mul(x, ops.add(erf, 1)), 0.5)];
};

/** Counted in the run: it is folded beforehand unless its length is known only then. */
const iota: Rule = ({ ops, writer, out, attrs }) => {
  const [shape, axis] = [attrs['shape'] as Shape, attrs['axis'] as number];
  const length = shape[axis]!;
  const limit = writer.apply('Squeeze', [writer.ints([length])], { shape: [], dtype: 'i32' });
  const narrow = writer.apply('Cast', [limit], limit, { to: { int: dataTypeOf('i32') } });
  const counted = writer.apply('Range', [writer.scalar(0, 'i32'), narrow, writer.scalar(1, 'i32')], {
    shape: [length],
    dtype: 'i32',
  });
  const along = ops.reshape(
    counted,
    shape.map((_, i) => (i === axis ? length : 1)),
  );
  return [sameShape(along.shape, shape) ? along : new Stretched(out, along, () => ops.expand(along, shape))];
};

/** Rules of their own for models that leave attune: standard operators, in forms that other engines know. */
export const portableRules = { layerNorm, rmsNorm, gelu, iota } satisfies Record<string, Rule>;
