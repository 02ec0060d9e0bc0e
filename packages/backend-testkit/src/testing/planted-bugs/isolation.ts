import { engineBackend, type HostTensors, type Program, type State } from '@attune/core';
import { interpreterEngine, type Fault } from '../interpreter-engine.js';
import { wrapBackend } from '../wrapped-backend.js';
import { bug, type PlantedBug } from './bug.js';

/** A program whose runs take their feeds from a place that all runs of a kind share. */
const sharedScratch = (kindOf: (program: Program) => string) => (): Fault => {
  const scratch = new Map<string, HostTensors>();
  return {
    compiled: (compiled, program) => ({
      ...compiled,
      run: async (state, feeds, commit) => {
        const kind = kindOf(program);
        scratch.set(kind, feeds);
        await Promise.resolve();
        return compiled.run(state, { ...feeds, ...scratch.get(kind) }, commit);
      },
    }),
  };
};

const nameOf = ({ name }: Program) => name;

const oneByOne = async (state: State, names: readonly string[]): Promise<HostTensors> => {
  const tensors: [string, HostTensors[string]][] = [];
  for (const name of names) tensors.push([name, (await state.read([name]))[name]!]);
  return Object.fromEntries(tensors);
};

/** Runs, reads and writes that see one another. */
export const isolationBugs: readonly PlantedBug[] = [
  {
    bug: 'a read that takes one tensor after the other',
    caughtBy: /isolation.*falls between two runs/,
    create: () => wrapBackend(engineBackend(interpreterEngine()), { read: oneByOne }),
  },
  {
    bug: 'a write that puts one tensor after the other',
    caughtBy: /isolation.*falls between two runs/,
    create: () =>
      wrapBackend(engineBackend(interpreterEngine()), {
        write: async (state, values) => {
          for (const [name, value] of Object.entries(values)) await state.write({ [name]: value });
        },
      }),
  },
  bug(
    'two States that share scratch memory, by program',
    /isolation.*side by side.*same/,
    sharedScratch(nameOf),
  ),
  bug(
    'two States that share all scratch memory',
    /isolation.*side by side.*two/,
    sharedScratch(() => 'all'),
  ),
];
