import type { OpNode, Program, Shape } from '@attune/core';
import type { NodeContext } from './context.js';
import type { OnnxValue } from '../writer/graph-writer.js';

/** The axis along which a slice takes less than all; `undefined` if there are several. */
function axisOf(program: Program, { inputs, attrs }: OpNode): number | undefined {
  const { shape } = program.values[inputs[0]!]!;
  const axes = (attrs['sizes'] as Shape).flatMap((size, axis) => (size === shape[axis] ? [] : [axis]));
  return axes.length === 1 ? axes[0] : undefined;
}

/** Slices of one value that lie side by side along one axis and leave nothing out, in their order along it. */
export function adjacentSlices(program: Program): OpNode[][] {
  const groups = new Map<string, { axis: number; nodes: OpNode[] }>();
  for (const node of program.nodes) {
    if (node.op !== 'slice') continue;
    const axis = axisOf(program, node);
    if (axis === undefined) continue;
    const key = `${node.inputs[0]} ${axis}`;
    groups.set(key, { axis, nodes: [...(groups.get(key)?.nodes ?? []), node] });
  }
  return [...groups.values()].flatMap(({ axis, nodes }) => {
    const along = (node: OpNode, attr: 'starts' | 'sizes') => (node.attrs[attr] as Shape)[axis]!;
    const sorted = [...nodes].sort((a, b) => along(a, 'starts') - along(b, 'starts'));
    let end = 0;
    const adjacent = sorted.every((node) => {
      const follows = along(node, 'starts') === end;
      end += along(node, 'sizes');
      return follows;
    });
    return adjacent && end === program.values[nodes[0]!.inputs[0]!]!.shape[axis] ? [sorted] : [];
  });
}

/** Adjacent slices as one node. */
export function split(members: readonly NodeContext[]): readonly OnnxValue[] {
  const [{ writer, inputs, out }] = members as [NodeContext];
  const [x] = inputs as [OnnxValue];
  const axis = out.shape.findIndex((length, i) => length !== x.shape[i]);
  const sizes = writer.ints(members.map((member) => member.out.shape[axis]!));
  return writer.applyAll(
    'Split',
    [x, sizes],
    members.map((member) => member.out),
    { axis: { int: axis } },
  );
}
