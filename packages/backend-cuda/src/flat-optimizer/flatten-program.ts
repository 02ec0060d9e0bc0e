import {
  adamWInputs,
  decompose,
  rewrite,
  sizeOf,
  type Program,
  type Replacement,
  type TensorSpec,
  type UpdateGroup,
} from '@attune/core';
import { findGroups, stateNamesOf } from './find-groups.js';

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

/** One update for a whole group, and the states that its moments are in. */
function flatten(
  program: Program,
  group: UpdateGroup,
  index: number,
): { readonly replacement: Replacement; readonly flats: readonly FlatState[] } {
  const names = stateNamesOf(program);
  const shapes = group.map((node) => program.values[node.inputs[adamWInputs.param]!]!.shape);
  const sizes = shapes.map(sizeOf);
  const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const flatOf = (which: number, what: string): FlatState => ({
    name: `flat.${index}.${what}`,
    parts: group.map((node, i) => {
      const id = node.inputs[which]!;
      return { name: names.get(id)!, spec: program.values[id]!, offset: offsets[i]! };
    }),
  });
  const flats = [flatOf(adamWInputs.expAvg, 'expAvg'), flatOf(adamWInputs.expAvgSq, 'expAvgSq')];
  const replacement: Replacement = {
    nodes: group,
    dropsUpdates: flats.flatMap(({ parts }) => parts.map(({ name }) => name)),
    write: (g, valueOf) => {
      const joined = (which: number) =>
        g.concat(
          group.map((node, i) => g.reshape(valueOf(node.inputs[which]!), [sizes[i]!])),
          0,
        );
      const moments = flats.map(({ name }) => g.state(name, { shape: [total], dtype: 'f32' }));
      const scalars = group[0]!.inputs.slice(adamWInputs.scalars).map(valueOf);
      const [updated, ...newMoments] = g.applyAll(
        'adamW',
        [joined(adamWInputs.param), joined(adamWInputs.grad), ...moments, ...scalars],
        group[0]!.attrs,
      );
      flats.forEach(({ name }, i) => g.update(name, newMoments[i]!));
      return new Map(
        group.map((node, i) => [
          node.outputs[0]!,
          g.reshape(g.slice(updated!, [offsets[i]!], [sizes[i]!]), shapes[i]!),
        ]),
      );
    },
  };
  return { replacement, flats };
}

/**
 * The same program with one update for all parameters, on moments that lie in one tensor, in place of an update for each:
 * a small kernel costs the time of its launch, and AdamW takes fourteen of them. What comes out is the same to the bit,
 * since every element is computed by itself.
 */
export function flattenOptimizer(program: Program): Flattened {
  const flattened = findGroups(program).map((group, index) => flatten(program, group, index));
  const rewritten = rewrite(
    program,
    flattened.map(({ replacement }) => replacement),
  );
  return {
    program: decompose(rewritten, ({ op }) => op === 'adamW'),
    flats: flattened.flatMap(({ flats }) => flats),
  };
}
