import type { NdArray } from '@attune/core';
import { allocator, opDefinition, type HostTensor, type Program, type ValueId } from '@attune/core';

/**
 * Computes values that are the same in every run, by the definitions of their ops.
 *
 * @param asked values that depend on neither feeds nor state.
 */
export function constantTensors(program: Program, asked: readonly ValueId[]): Map<ValueId, HostTensor> {
  const needed = new Set(asked);
  for (const node of [...program.nodes].reverse()) {
    if (node.outputs.some((id) => needed.has(id))) node.inputs.forEach((id) => needed.add(id));
  }
  const values = new Map<ValueId, NdArray>();
  for (const node of program.nodes) {
    if (node.kind !== 'op' || !node.outputs.some((id) => needed.has(id))) continue;
    const inputs = node.inputs.map((id) => values.get(id)!);
    const results = opDefinition(node.op).reference(inputs, node.attrs, allocator('f32'));
    node.outputs.forEach((id, i) => values.set(id, results[i]!));
  }
  return new Map(
    asked.map((id) => {
      const { shape, dtype, data } = values.get(id)!;
      return [id, { shape, dtype, data } as HostTensor];
    }),
  );
}
