import type { Shape } from '@attune/core';
import type { Rule } from '../context.js';
import { Segments, Stretched } from '../values.js';

/** Zeros around a tensor. Along one axis only, it is what a slice's gradient is made of. */
const pad: Rule = (c) => {
  const before = c.attr<Shape>('before');
  const after = c.attr<Shape>('after');
  const axes = before.flatMap((n, axis) => (n > 0 || after[axis]! > 0 ? [axis] : []));
  const [x] = c.inputs;
  if (axes.length === 1 && c.out.dtype === 'f32') {
    return [new Segments(c.writer, c.out, axes[0]!, [{ start: before[axes[0]!]!, value: x! }])];
  }
  return [c.writer.apply('Pad', [x!, c.writer.ints([...before, ...after])], c.out)];
};

const slice: Rule = ({ writer, inputs: [x], out, attrs }) => {
  const [starts, sizes] = [attrs['starts'] as Shape, attrs['sizes'] as Shape];
  const axes = sizes.flatMap((size, axis) => (size === x!.shape[axis] ? [] : [axis]));
  const pick = (values: Shape) => writer.ints(axes.map((axis) => values[axis]!));
  const ends = starts.map((start, axis) => start + sizes[axis]!);
  return [writer.apply('Slice', [x!, pick(starts), pick(ends), writer.ints(axes)], out)];
};

export const shapeRules = {
  reshape: ({ ops, inputs: [x], out }) => [ops.reshape(x!, out.shape)],
  transpose: (c) => [c.ops.transpose(c.inputs[0]!, c.attr<Shape>('perm'))],
  broadcastTo: ({ ops, operands: [x], inputs, out }) => [
    new Stretched(out, x!, () => ops.expand(inputs[0]!, out.shape)),
  ],
  slice,
  pad,
  concat: (c) => [c.writer.apply('Concat', c.inputs, c.out, { axis: { int: c.attr<number>('axis') } })],
} satisfies Record<string, Rule>;
