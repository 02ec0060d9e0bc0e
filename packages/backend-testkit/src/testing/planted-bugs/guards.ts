import type { CompiledProgram, NdArray, Program } from '@attune/core';
import { commitAll, type Fault } from '../interpreter-engine.js';
import { bug, type PlantedBug } from './bug.js';

/** A program that looks at the guard after a run and spoils the State where it is false. */
const underFalseGuard =
  (spoil: (state: ReadonlyMap<string, NdArray>, updates: ReadonlyMap<string, NdArray>) => void) =>
  (compiled: CompiledProgram<NdArray>, program: Program): CompiledProgram<NdArray> => ({
    ...compiled,
    run: async (state, feeds, commit) => {
      const results = await compiled.run(state, feeds, commit);
      const guard = program.guard === undefined ? undefined : results.outputs.get(program.guard);
      if (guard && guard.data[0] === 0) spoil(state, results.updates);
      return results;
    },
  });

/** Overwrites tensors of a State with their updates. */
const inPlace = (chosen: (name: string, index: number) => boolean): Fault => ({
  compiled: underFalseGuard((state, updates) =>
    [...updates].forEach(([name, value], i) => chosen(name, i) && state.get(name)!.data.set(value.data)),
  ),
});

/** Updates that a false guard does not stop, or stops in part. */
export const guardBugs: readonly PlantedBug[] = [
  bug(
    'updates in place under a false guard',
    /guards.*bit for bit/,
    inPlace(() => true),
  ),
  bug(
    'updates moments in place under a false guard',
    /guards.*bit for bit/,
    inPlace((name) => name.startsWith('expAvg')),
  ),
  bug(
    'adds rows to a table in place under a false guard',
    /guards.*bit for bit/,
    inPlace((name) => name === 'table'),
  ),
  bug(
    'a guard that drops only the first of several updates',
    /guards.*bit for bit/,
    inPlace((_name, i) => i > 0),
  ),
  bug(
    'a guard that drops all but the last of several updates',
    /guards.*leave no trace/,
    inPlace((name) => name === 'flags'),
  ),
];

/** Engines that commit in place, and do so too early, too late or not at all. */
export const commitBugs: readonly PlantedBug[] = [
  bug('commits before it looks at the guard', /guards.*bit for bit/, {
    commits: (program, values, state) => {
      commitAll({ ...program, guard: undefined }, values, state);
      return commitAll(program, values, state);
    },
  }),
  bug('commits moments before it looks at the guard', /guards.*bit for bit/, {
    commits: (program, values, state) => {
      state.get('expAvg')?.data.set(values[program.updates['expAvg']!]!.data);
      return commitAll(program, values, state);
    },
  }),
  bug('overwrites a tensor that a later update still takes', /guards.*commits every update/, {
    commits: (program, values, state) => {
      const committed = commitAll(program, values, state);
      // As if `b` were written from `a` when that was overwritten already.
      if (committed.includes('b')) state.get('b')!.data.set(state.get('a')!.data);
      return committed;
    },
  }),
  bug('outputs of what a run has overwritten', /guards.*before it was replaced/, {
    commits: commitAll,
    compiled: (compiled) => ({
      ...compiled,
      run: async (state, feeds, commit) => {
        const results = await compiled.run(state, feeds, commit);
        results.outputs.get('old param')?.data.set(state.get('param')!.data);
        return results;
      },
    }),
  }),
  bug('commits all but one tensor, and says that it did', /guards.*commits every update/, {
    commits: (program, values, state) => {
      const before = state.get('flags')?.data.slice();
      const committed = commitAll(program, values, state);
      if (before) state.get('flags')!.data.set(before);
      return committed;
    },
  }),
];
