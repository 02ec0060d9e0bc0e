import type { Shape } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import { Segments, Stretched } from './values.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/** Moves elements about; the WebGPU provider moves no bool, which there goes by way of i32. */
function moving(
  { ops, inputs, out, target }: NodeContext,
  move: (inputs: OnnxValue[]) => OnnxValue,
): [OnnxValue] {
  if (target !== 'webgpu' || out.dtype !== 'bool') return [move(inputs)];
  return [ops.equal(move(inputs.map((input) => ops.cast(input, 'i32'))), 1)];
}

/** Zeros around a tensor. Along one axis only, it is what a slice's gradient is made of. */
const pad: Rule = (c) => {
  const before = c.attr<Shape>('before');
  const after = c.attr<Shape>('after');
  const axes = before.flatMap((n, axis) => (n > 0 || after[axis]! > 0 ? [axis] : []));
  if (axes.length === 1 && c.out.dtype === 'f32') {
    return [new Segments(c.writer, c.out, axes[0]!, [{ start: before[axes[0]!]!, value: c.inputs[0]! }])];
  }
  const { shape } = c.out;
  return moving(c, ([x]) =>
    c.writer.apply('Pad', [x!, c.writer.ints([...before, ...after])], { shape, dtype: x!.dtype }),
  );
};

const slice: Rule = (c) => {
  const { writer, ops, target, attrs } = c;
  const [starts, sizes] = [attrs['starts'] as Shape, attrs['sizes'] as Shape];
  return moving(c, ([x]) => {
    const axes = sizes.flatMap((size, axis) => (size === x!.shape[axis] ? [] : [axis]));
    if (target === 'webgpu' && x!.dtype === 'i32') {
      // The WebGPU provider has a Slice of f32 alone.
      return axes.reduce((rest, axis) => ops.take(rest, axis, starts[axis]!, sizes[axis]!), x!);
    }
    const pick = (values: Shape) => writer.ints(axes.map((axis) => values[axis]!));
    const ends = starts.map((start, axis) => start + sizes[axis]!);
    const out = { shape: c.out.shape, dtype: x!.dtype };
    return writer.apply('Slice', [x!, pick(starts), pick(ends), writer.ints(axes)], out);
  });
};

export const shapeRules = {
  reshape: ({ ops, inputs: [x], out }) => [ops.reshape(x!, out.shape)],
  transpose: (c) => moving(c, ([x]) => c.ops.transpose(x!, c.attr<Shape>('perm'))),
  broadcastTo: ({ ops, operands: [x], inputs, out }) => [
    new Stretched(out, x!, () => ops.expand(inputs[0]!, out.shape)),
  ],
  slice,
  pad,
  concat: (c) =>
    moving(c, (inputs) => {
      const out = { shape: c.out.shape, dtype: inputs[0]!.dtype };
      return c.writer.apply('Concat', inputs, out, { axis: { int: c.attr<number>('axis') } });
    }),
} satisfies Record<string, Rule>;
