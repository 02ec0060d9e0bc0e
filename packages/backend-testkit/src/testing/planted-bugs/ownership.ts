import {
  engineBackend,
  interpret,
  NdArray,
  type NdArrays,
  type Program,
  type RunResults,
} from '@attune/core';
import { interpreterEngine, usageOf, type Fault } from '../interpreter-engine.js';
import { wrapBackend } from '../wrapped-backend.js';
import { bug, type PlantedBug } from './bug.js';

const sharing = ({ shape, dtype }: NdArray, { data }: NdArray) => new NdArray(shape, dtype, data);

/** Changes what a run yields. */
const yields = (
  change: (
    results: RunResults<NdArray>,
    program: Program,
    state: ReadonlyMap<string, NdArray>,
  ) => RunResults<NdArray>,
): Fault => ({
  compiled: (compiled, program) => ({
    ...compiled,
    run: async (state, feeds, commit) => change(await compiled.run(state, feeds, commit), program, state),
  }),
});

/** Outputs that are the memory of the State's new tensors. */
const outputsOfState: Fault = {
  aliases: true,
  ...yields(({ outputs, updates }, program) => ({
    updates,
    outputs: new Map(
      [...outputs].map(([name, handle]) => {
        const twin = Object.keys(program.updates).find(
          (key) => program.updates[key] === program.outputs[name],
        );
        return [name, twin === undefined ? handle : sharing(handle, updates.get(twin)!)];
      }),
    ),
  })),
};

/** Tensors updated in place; where two come from one value, the second is given the memory of the first. */
const twinsInOnePlace = yields(({ outputs, updates }, program, state) => ({
  outputs,
  updates: new Map(
    [...updates].map(([name, value]) => {
      const first = Object.keys(program.updates).find(
        (key) => program.updates[key] === program.updates[name],
      )!;
      if (first !== name) return [name, sharing(value, state.get(first)!)];
      const own = state.get(name)!;
      own.data.set(value.data);
      return [name, own];
    }),
  ),
}));

/** A copy between tensors of the State that is a second name for the first one's memory, which runs update in place. */
const copiesThatAreNone = yields(({ outputs, updates }, program, state) => ({
  outputs,
  updates: new Map(
    [...updates].map(([name, value]) => {
      const node = program.nodes.find(({ outputs: ids }) => ids.includes(program.updates[name]!));
      if (node?.kind === 'state') return [name, sharing(value, state.get(node.name)!)];
      const own = state.get(name)!;
      own.data.set(value.data);
      return [name, own];
    }),
  ),
}));

/** Something that a step depends on, and that no State has: the update before the last, as a momentum of its own. */
const hiddenMemory: Fault = {
  compiled: (compiled, program) => {
    const last = new Map<string, NdArray>();
    return {
      ...compiled,
      run: async (state, feeds, commit) => {
        const results = await compiled.run(state, feeds, commit);
        for (const [name, value] of results.updates) {
          const before = last.get(name);
          if (before && program.name === 'network')
            value.data.forEach((x, i) => (value.data[i] = x + 1e-4 * before.data[i]!));
          last.set(name, value);
        }
        return results;
      },
    };
  },
};

/** A State in float64, of which the host sees roundings. */
const doubleState = (): Fault => {
  const exact = new WeakMap<NdArray, NdArray>();
  return {
    compiled: (compiled, program) => ({
      ...compiled,
      run: async (state, feeds, commit) => {
        const results = await compiled.run(state, feeds, commit);
        const own: NdArrays = Object.fromEntries(
          Object.keys(program.state).map((name) => {
            const handle = state.get(name)!;
            return [name, exact.get(handle) ?? new NdArray(handle.shape, handle.dtype, handle.data.slice())];
          }),
        );
        const given = Object.entries(feeds).map(
          ([name, { shape, dtype, data }]) => [name, new NdArray(shape, dtype, data.slice())] as const,
        );
        const { updates } = interpret(program, { state: own, feeds: Object.fromEntries(given) }, 'f64');
        for (const [name, handle] of results.updates) {
          handle.data.set(updates[name]!.data);
          exact.set(handle, updates[name]!);
        }
        return results;
      },
    }),
  };
};

/** Tensors in two places, or in one that should be two. */
export const ownershipBugs: readonly PlantedBug[] = [
  bug('outputs in the memory of the State', /ownership.*outputs are the caller/, outputsOfState),
  {
    bug: 'an output that is the array of a feed',
    caughtBy: /ownership.*outputs are the caller/,
    create: () =>
      wrapBackend(engineBackend(interpreterEngine()), {
        run: async (executable, feeds = {}) => {
          const outputs = await executable.run(feeds);
          return executable.program.name === 'echo' ? { ...outputs, x: feeds['x']! } : outputs;
        },
      }),
  },
  bug('two tensors, updated from one value, in one place', /ownership.*from one value/, twinsInOnePlace),
  bug('a copy of a tensor that is the tensor', /ownership.*from one value/, copiesThatAreNone),
  bug('a momentum that no State has', /ownership.*bit for bit/, hiddenMemory),
  bug('a State in float64', /ownership.*bit for bit/, doubleState),
  {
    bug: 'a program that is changed when it is compiled',
    caughtBy: /ownership.*not changed/,
    create: () =>
      wrapBackend(engineBackend(interpreterEngine()), {
        program: (program) => Object.assign(program, { name: `${program.name}, compiled` }),
      }),
  },
  bug('memory() that is always the same', /backend.*counts what is allocated/, {
    memory: () => ({ bytes: 0, buffers: 0 }),
  }),
  bug('memory() of float32 tensors alone', /memory.*every dtype/, {
    memory: (live) => usageOf([...live].filter(({ dtype }) => dtype === 'f32')),
  }),
  bug('programs that keep memory when they are disposed of', /memory.*every program/, () => {
    let programs = 0;
    return {
      compiled: (compiled) => {
        programs++;
        return compiled;
      },
      memory: (live) => ({ ...usageOf(live), buffers: live.size + programs }),
    };
  }),
];

/** Backends that are one where they should be two. */
export const instanceBugs: readonly PlantedBug[] = [
  (() => {
    const live = new Set<NdArray>();
    return bug('memory() of all backends together', /disposed backend.*shares neither/, { live });
  })(),
];
