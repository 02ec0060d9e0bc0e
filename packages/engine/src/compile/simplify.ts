import { sizeOf, type OpNode, type Program, type Shape } from '@attune/core';

/** Ops that lay out the elements of their first input anew. */
const movements: ReadonlySet<string> = new Set(['transpose', 'broadcastTo', 'slice', 'pad', 'concat']);

/** True if a node leaves every element at its place in memory: a transpose that moves axes of length 1, a slice of everything. */
function isReshape(program: Program, node: OpNode): boolean {
  if (!movements.has(node.op) || node.inputs.length !== 1) return false;
  const { shape } = program.values[node.inputs[0]!]!;
  if (sizeOf(shape) !== sizeOf(program.values[node.outputs[0]!]!.shape)) return false;
  if (node.op !== 'transpose') return true;
  const moved = (node.attrs['perm'] as Shape).filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || moved[i - 1]! < axis);
}

/** The same program, in which what moves no element is a reshape: it takes no memory, and rules see through it. */
export function simplify(program: Program): Program {
  const nodes = program.nodes.map((node) =>
    node.kind === 'op' && isReshape(program, node)
      ? { ...node, op: 'reshape' as const, attrs: { shape: program.values[node.outputs[0]!]!.shape } }
      : node,
  );
  return { ...program, nodes };
}
