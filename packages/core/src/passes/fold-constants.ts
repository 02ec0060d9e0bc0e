import { interpret } from '../interpreter/index.js';
import { constantValues } from '../program/analysis.js';
import type { Program, ValueId } from '../program/program.js';
import { hostTensor, type HostData, type HostTensor } from '../tensor/index.js';
import { ancestorsOf } from './ancestors.js';

/** The values of a program that are the same in every run. */
export interface Constants {
  readonly ids: ReadonlySet<ValueId>;
  /**
   * A constant, by the definitions of its ops, in float64 and rounded once. Computed at each call, since a value may be large
   * and not wanted at all.
   */
  valueOf(id: ValueId): HostTensor;
}

/** Finds what depends on neither feeds nor state, so that it is computed when a program is built, and not in each run. */
export function foldConstants(program: Program): Constants {
  const ids = constantValues(program);
  return {
    ids,
    valueOf: (id) => {
      const part: Program = {
        name: 'constant',
        nodes: ancestorsOf(program, [id]),
        values: program.values,
        feeds: {},
        state: {},
        updates: {},
        outputs: { value: id },
      };
      const { shape, dtype, data } = interpret(part, {}, 'f64').outputs['value']!;
      return hostTensor(dtype, shape, dtype === 'f32' ? Float32Array.from(data) : (data as HostData));
    },
  };
}

/**
 * Every way in which constants are wrong: one that depends on a feed or the state, one that was missed. An empty list means
 * that they are right.
 */
export function constantFaults(program: Program, { ids }: Pick<Constants, 'ids'>): string[] {
  return program.nodes.flatMap(({ outputs }) => {
    const varies = ancestorsOf(program, outputs).some(({ kind }) => kind !== 'op');
    return outputs.flatMap((id) => {
      if (varies === !ids.has(id)) return [];
      return [varies ? `Value ${id} depends on an input.` : `Value ${id} is the same in every run.`];
    });
  });
}
