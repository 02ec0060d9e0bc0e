import { engineBackend, hostTensor, type HostTensor, type HostTensors, type State } from '@attune/core';
import { interpreterEngine } from '../interpreter-engine.js';
import { wrapBackend, type Wrapping } from '../wrapped-backend.js';
import type { PlantedBug } from './bug.js';

const bug = (text: string, caughtBy: RegExp, view: NonNullable<Wrapping['view']>): PlantedBug => ({
  bug: text,
  caughtBy,
  create: () => wrapBackend(engineBackend(interpreterEngine()), { view }),
});

/** The view as it should be, changed. */
const changed =
  (change: (tensor: HostTensor) => HostTensor) =>
  async (state: State, names: readonly string[]): Promise<HostTensors> =>
    Object.fromEntries(
      Object.entries(await state.view!(names)).map(([name, tensor]) => [name, change(tensor)] as const),
    );

/** Remembers the first memory of each tensor. */
const firstMemory = (): NonNullable<Wrapping['view']> => {
  const first = new WeakMap<State, HostTensors>();
  return async (state, names) => {
    const now = await state.view!(names);
    if (!first.has(state)) first.set(state, now);
    return { ...now, ...first.get(state) };
  };
};

/** Views that are not the memory of their tensors. */
export const viewBugs: readonly PlantedBug[] = [
  bug('a view that is a copy', /views.*memory itself/, (state, names) => state.read(names)),
  bug('a view of what was memory once', /views.*memory itself/, firstMemory()),
  bug(
    'a view without the last element',
    /views.*every dtype/,
    changed((tensor) => ({ ...tensor, data: tensor.data.subarray(0, -1) }) as HostTensor),
  ),
  bug('a view that makes up what is not there', /views.*not there/, (state, names) =>
    state.view!(names.filter((name) => name in state.spec)),
  ),
  bug('a view of a disposed State', /views.*disposed/, async (state, names) => {
    try {
      return await state.view!(names);
    } catch {
      return Object.fromEntries(names.map((name) => [name, hostTensor('f32', [3], [0, 0, 0])] as const));
    }
  }),
  {
    bug: 'a view that overtakes runs',
    caughtBy: /views.*called before/,
    create: () =>
      wrapBackend(engineBackend(interpreterEngine()), {
        run: async (executable, feeds) => {
          for (let i = 0; i < 100; i++) await Promise.resolve();
          return executable.run(feeds);
        },
      }),
  },
];
