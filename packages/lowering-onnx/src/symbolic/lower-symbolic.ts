import { AttuneError, decompose, type Program } from '@attune/core';
import { Lowering } from '../program/lowering.js';
import { loweredOps } from '../rules/index.js';
import type { OnnxGraph, Weight } from '../writer/graph.js';
import { generalize } from './generalize.js';
import { probeSizes, type Lengths, type Sizes } from './lengths.js';

/** How programs of any length become a graph. */
export interface SymbolicOptions {
  /** The lengths that vary. Inputs and outputs name them. */
  readonly lengths: Lengths;
  /** A tensor of the state, as a part of the model. Called for each that the program reads. */
  readonly weightOf: (name: string) => Weight;
  /** Feeds of i32 that are inputs of int64, as models elsewhere take indices. */
  readonly wideFeeds?: readonly string[];
}

/** Graphs that are compared. Two tell a length from a number, and which; the others have to agree. */
const PROBES = 4;

/** Lengths that are the same in all of some programs: at the same place of the same value. */
function commonLengths([first, ...others]: readonly Program[]): Set<number> {
  return new Set(
    first!.values.flatMap(({ shape }, id) =>
      shape.filter((length, axis) => others.every(({ values }) => values[id]?.shape[axis] === length)),
    ),
  );
}

/**
 * Writes a program as a graph for the target `portable`, some of whose lengths are known only when it runs. It is written
 * for a few choices of these lengths, and what the graphs have in common is the result.
 *
 * @param trace the program for some lengths, by name. Other than in shapes they must not be in it.
 * @throws AttuneError UNSUPPORTED_OP for an op that ONNX has not, or a node that depends on lengths in another way.
 */
export function lowerSymbolic(
  trace: (sizes: Sizes) => Program,
  { lengths, weightOf, wideFeeds = [] }: SymbolicOptions,
): OnnxGraph {
  const taken = commonLengths(probeSizes(lengths, 2).map(trace));
  const native = new Set(loweredOps('portable'));
  const probes = probeSizes(lengths, PROBES, taken).map((sizes) => {
    const program = decompose(trace(sizes), ({ op }) => !native.has(op));
    if (Object.keys(program.updates).length > 0) {
      throw new AttuneError(
        'UNSUPPORTED_OP',
        `ONNX: "${program.name}" updates its state, and a model keeps none.`,
      );
    }
    const options = { target: 'portable', weightOf, wide: new Set(wideFeeds), fold: false } as const;
    return { graph: new Lowering(program, options).run().graph, sizes };
  });
  return generalize(probes);
}
