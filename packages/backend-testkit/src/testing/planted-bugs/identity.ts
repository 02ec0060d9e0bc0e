import type { CompiledProgram, NdArray, Program } from '@attune/core';
import type { Fault } from '../interpreter-engine.js';
import { bug, type PlantedBug } from './bug.js';

/** The parts of a program that a cache may overlook. */
type Part = 'inputs' | 'attrs' | 'state names' | 'outputs' | 'output names' | 'updates';

/** A text that is the same for programs that differ in that part alone. */
function keyWithout(part: Part, { nodes, values, outputs, updates }: Program): string {
  return JSON.stringify([
    nodes.map((node) => ({
      ...node,
      ...(part === 'inputs' && { inputs: [] }),
      ...(part === 'attrs' && { attrs: {} }),
      ...(part === 'state names' && node.kind === 'state' && { name: '' }),
    })),
    part === 'attrs' ? [] : values,
    part === 'outputs' ? Object.keys(outputs) : part === 'output names' ? Object.values(outputs) : outputs,
    part === 'updates' ? [] : updates,
  ]);
}

/** Programs that are built once for all that differ in that part alone. */
const cachedWithout = (part: Part) => (): Fault => {
  const built = new Map<string, CompiledProgram<NdArray>>();
  return {
    compiled: (compiled, program) => {
      const key = keyWithout(part, program);
      if (!built.has(key)) built.set(key, compiled);
      return built.get(key)!;
    },
  };
};

/** Programs that are taken for others. */
export const identityBugs: readonly PlantedBug[] = (
  [
    ['inputs', /differ in one thing.*order of operands/],
    ['attrs', /differ in one thing.*(attribute|constant|matrix)/],
    ['state names', /differ in one thing.*that is read/],
    ['outputs', /differ in one thing.*that is put out/],
    ['output names', /differ in one thing.*name of an output/],
    ['updates', /differ in one thing.*that is updated/],
  ] as const
).map(([part, caughtBy]) =>
  bug(`a cache of programs that overlooks their ${part}`, caughtBy, cachedWithout(part)),
);
