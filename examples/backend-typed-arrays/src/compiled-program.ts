import {
  allocator,
  lastUses,
  NdArray,
  opDefinition,
  type CompiledProgram,
  type HostTensors,
  type InputNode,
  type OpNode,
  type Program,
  type ValueId,
} from '@attune/core';
import { kernelFor } from './kernels.js';

/** Results are held in float32. */
const allocate = allocator('f32');

/** The value of an input: a tensor of the state, or a copy of a feed, whose memory is the caller's. */
function inputOf(
  { kind, name }: InputNode,
  state: ReadonlyMap<string, NdArray>,
  feeds: HostTensors,
): NdArray {
  if (kind === 'state') return state.get(name)!;
  const { shape, dtype, data } = feeds[name]!;
  return new NdArray(shape, dtype, data.slice());
}

/**
 * A program, ready to run: its nodes in order, by a kernel where there is one and by the op's reference rule where there is none,
 * each value dropped after its last use.
 *
 * @param own makes a new handle that holds a result.
 */
export function buildProgram(program: Program, own: (array: NdArray) => NdArray): CompiledProgram<NdArray> {
  const dying = lastUses(program);

  const compute = ({ op, attrs, outputs }: OpNode, inputs: readonly NdArray[]): readonly NdArray[] => {
    const result = program.values[outputs[0]!]!;
    const kernel = outputs.length === 1 ? kernelFor(op, inputs, result) : undefined;
    if (!kernel) return opDefinition(op).reference(inputs, attrs, allocate);
    return [new NdArray(result.shape, 'f32', kernel(inputs, attrs, result))];
  };

  return {
    run: (state, feeds) => {
      const values = new Map<ValueId, NdArray>();
      program.nodes.forEach((node, index) => {
        const results =
          node.kind === 'op'
            ? compute(
                node,
                node.inputs.map((id) => values.get(id)!),
              )
            : [inputOf(node, state, feeds)];
        node.outputs.forEach((id, i) => values.set(id, results[i]!));
        for (const id of dying[index]!) values.delete(id);
      });
      const handles = (ids: Readonly<Record<string, ValueId>>) =>
        new Map(Object.entries(ids).map(([name, id]) => [name, own(values.get(id)!)]));
      return { outputs: handles(program.outputs), updates: handles(program.updates) };
    },
    dispose: () => undefined,
  };
}
