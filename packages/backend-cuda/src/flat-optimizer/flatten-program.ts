import {
  decompose,
  GraphBuilder,
  sizeOf,
  type Program,
  type ProgramNode,
  type Tensor,
  type TensorSpec,
  type ValueId,
} from '@attune/core';
import { findGroups, type Group } from './find-groups.js';

/** A tensor of the state that lies within a flat one. */
export interface Part {
  readonly name: string;
  readonly spec: TensorSpec;
  /** Its first element. */
  readonly offset: number;
}

/** A flat tensor of the state, which stands for several. */
export interface FlatState {
  readonly name: string;
  readonly parts: readonly Part[];
}

/** A program whose optimizer works on flat moments. */
export interface Flattened {
  readonly program: Program;
  readonly flats: readonly FlatState[];
}

/** Which of the inputs of `adamW` is what. */
const input = { param: 0, grad: 1, expAvg: 2, expAvgSq: 3, scalars: 4 } as const;

/** Writes one update for a whole group. Gives the new parameters, and the states that its moments are in. */
function emitGroup(
  g: GraphBuilder,
  program: Program,
  group: Group,
  index: number,
  tensors: ReadonlyMap<ValueId, Tensor>,
): { readonly params: readonly Tensor[]; readonly flats: readonly FlatState[] } {
  const names = new Map(
    program.nodes.flatMap((node) => (node.kind === 'state' ? [[node.outputs[0], node.name] as const] : [])),
  );
  const sizes = group.map((node) => sizeOf(program.values[node.inputs[input.param]!]!.shape));
  const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const joined = (which: number) =>
    g.concat(
      group.map((node, i) => g.reshape(tensors.get(node.inputs[which]!)!, [sizes[i]!])),
      0,
    );
  const flatOf = (which: number, what: string): FlatState => ({
    name: `flat.${index}.${what}`,
    parts: group.map((node, i) => {
      const id = node.inputs[which]!;
      return { name: names.get(id)!, spec: program.values[id]!, offset: offsets[i]! };
    }),
  });
  const flats = [flatOf(input.expAvg, 'expAvg'), flatOf(input.expAvgSq, 'expAvgSq')];
  const moments = flats.map(({ name }) => g.state(name, { shape: [total], dtype: 'f32' }));
  const scalars = group[0]!.inputs.slice(input.scalars).map((id) => tensors.get(id)!);
  const [updated, ...newMoments] = g.applyAll(
    'adamW',
    [joined(input.param), joined(input.grad), ...moments, ...scalars],
    group[0]!.attrs,
  );
  flats.forEach(({ name }, i) => g.update(name, newMoments[i]!));
  const params = group.map((node, i) =>
    g.reshape(
      g.slice(updated!, [offsets[i]!], [sizes[i]!]),
      program.values[node.inputs[input.param]!]!.shape,
    ),
  );
  return { params, flats };
}

/**
 * The same program with one update for all parameters, on moments that lie in one tensor, in place of an update for each:
 * a small kernel costs the time of its launch, and AdamW takes fourteen of them. What comes out is the same to the bit,
 * since every element is computed by itself.
 */
export function flattenOptimizer(program: Program): Flattened {
  const groups = findGroups(program);
  const groupOf = new Map<ProgramNode, number>(
    groups.flatMap((group, index) => group.map((node) => [node, index] as const)),
  );
  const flats: FlatState[] = [];
  const g = new GraphBuilder(program.name);
  const tensors = new Map<ValueId, Tensor>();
  const moments = new Set(
    groups.flatMap((group) => group.flatMap((node) => node.inputs.slice(input.expAvg, input.scalars))),
  );
  for (const [name, spec] of Object.entries(program.feeds)) g.feed(name, spec);
  for (const node of program.nodes) {
    if (node.kind === 'state' && moments.has(node.outputs[0])) continue;
    const index = groupOf.get(node);
    if (index === undefined) {
      const inputs = node.inputs.map((id) => tensors.get(id)!);
      const results =
        node.kind === 'op'
          ? g.applyAll(node.op, inputs, node.attrs)
          : [g[node.kind](node.name, program.values[node.outputs[0]]!)];
      node.outputs.forEach((id, i) => tensors.set(id, results[i]!));
      continue;
    }
    const group = groups[index]!;
    // All that its members take is there when the last one is reached.
    if (node !== group.at(-1)) continue;
    const emitted = emitGroup(g, program, group, index, tensors);
    group.forEach((member, i) => tensors.set(member.outputs[0]!, emitted.params[i]!));
    for (const flat of emitted.flats) flats.push(flat);
  }
  const flattened = new Set(flats.flatMap(({ parts }) => parts.map(({ name }) => name)));
  for (const [name, id] of Object.entries(program.outputs)) {
    if (name === program.guard) g.guard(name, tensors.get(id)!);
    else g.output(name, tensors.get(id)!);
  }
  for (const [name, id] of Object.entries(program.updates)) {
    if (!flattened.has(name)) g.update(name, tensors.get(id)!);
  }
  return { program: decompose(g.build(), ({ op }) => op === 'adamW'), flats };
}
