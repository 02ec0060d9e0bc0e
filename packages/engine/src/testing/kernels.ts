import { GraphBuilder, NdArray, sizeOf, type NdArrays, type Program } from '@attune/core';
import { compileTape } from '../compile/compile.js';
import { rules } from '../rules/index.js';
import { expectedOutputs, runProgram } from './run-program.js';
import { testHost } from './test-host.js';

/** Builds a program. */
export function programOf(build: (g: GraphBuilder) => void): Program {
  const g = new GraphBuilder('test');
  build(g);
  return g.build();
}

/** Numbers between −scale and scale that look random, the same for the same seed. */
export function noise(count: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** Noise for every feed or tensor of the state that is not given. */
function inputsOf(program: Program, given: NdArrays, kind: 'feed' | 'state', scale: number): NdArrays {
  const entries = program.nodes.flatMap((node, seed) => {
    if (node.kind !== kind) return [];
    const { shape } = program.values[node.outputs[0]!]!;
    const value = given[node.name] ?? new NdArray(shape, 'f32', noise(sizeOf(shape), seed, scale));
    return [[node.name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** The steps that a program is computed by. */
export function stepsOf(program: Program): readonly string[] {
  return compileTape(program, rules, testHost().kernels).steps;
}

export interface ComparisonOptions {
  /** Values of feeds; noise for those that are not here. */
  readonly feeds?: NdArrays;
  /** Bound of noise. */
  readonly scale?: number;
}

/**
 * Runs a program on the kernels and by the definitions of its ops, in float64.
 *
 * @returns the largest difference of each output and update, relative to the largest number in it.
 */
export async function differences(
  program: Program,
  { feeds: given = {}, scale = 1 }: ComparisonOptions = {},
): Promise<Record<string, number>> {
  const feeds = inputsOf(program, given, 'feed', scale);
  const state = inputsOf(program, {}, 'state', scale);
  const results = await runProgram(testHost(), program, feeds, state);
  return Object.fromEntries(
    Object.entries(expectedOutputs(program, feeds, state)).map(([name, { data }]) => {
      const own = results[name]!.data;
      const size = Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const error = Array.from(data).reduce((most, x, i) => Math.max(most, Math.abs(x - Number(own[i]))), 0);
      return [name, size === 0 ? error : error / size];
    }),
  );
}
