import {
  engineBackend,
  GraphBuilder,
  hostTensor,
  scalar,
  type Backend,
  type Engine,
  type HostTensors,
  type Program,
  type State,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { randomTensor } from '@attune/backend-testkit';
import { interpreterEngine } from '../testing/interpreter-engine.js';
import { flattenOptimizer } from './flatten-program.js';
import { withFlatOptimizer } from './flat-tensors.js';

type Shapes = Readonly<Record<string, readonly number[]>>;

const shapes: Shapes = { a: [3, 4], b: [5], c: [2, 1, 2], d: [] };
const decayed = ['a', 'c'];

const attributes = (name: string) => ({
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: decayed.includes(name) ? 0.1 : 0,
});

const spec: TensorSpecs = Object.fromEntries(
  Object.entries(shapes).flatMap(([name, shape]) =>
    ['', 'm.', 'v.'].map((kind) => [`${kind}${name}`, { shape, dtype: 'f32' }] as const),
  ),
);

/** An AdamW step of four parameters, two of them with weight decay. Dropped where `keep` is false. */
function step(
  finish?: (g: GraphBuilder, results: Record<string, readonly Tensor[]>) => void,
  of: Shapes = shapes,
): Program {
  const g = new GraphBuilder('step');
  const scalars = ['lr', 'c1', 'c2'].map((name) => g.feed(name, { shape: [], dtype: 'f32' }));
  const results: Record<string, readonly Tensor[]> = {};
  for (const [name, shape] of Object.entries(of)) {
    const [param, m, v] = ['', 'm.', 'v.'].map((kind) => g.state(`${kind}${name}`, { shape, dtype: 'f32' }));
    const grad = g.mul(param!, param!);
    const updated = g.applyAll('adamW', [param!, grad, m!, v!, ...scalars], attributes(name));
    ['', 'm.', 'v.'].forEach((kind, i) => g.update(`${kind}${name}`, updated[i]!));
    results[name] = updated;
  }
  g.guard('keep', g.less(g.feed('loss', { shape: [], dtype: 'f32' }), 1));
  finish?.(g, results);
  return g.build();
}

const feeds = (loss = 0): HostTensors => ({
  lr: scalar(0.01),
  c1: scalar(0.1),
  c2: scalar(0.01),
  loss: scalar(loss),
});

const count = (program: Program, op: string) => program.nodes.filter((node) => node.op === op).length;

describe('the program', () => {
  test('has one update for each group, on moments that lie side by side', () => {
    const { program, flats } = flattenOptimizer(step());
    expect(count(program, 'sqrt')).toBe(2);
    expect(count(program, 'adamW')).toBe(0);
    expect(flats.map(({ parts }) => parts.map(({ name, offset }) => [name, offset]))).toEqual([
      [
        ['m.a', 0],
        ['m.c', 12],
      ],
      [
        ['v.a', 0],
        ['v.c', 12],
      ],
      [
        ['m.b', 0],
        ['m.d', 5],
      ],
      [
        ['v.b', 0],
        ['v.d', 5],
      ],
    ]);
    expect(program.guard).toBe('keep');
  });

  test('leaves alone whose moments or new values are used otherwise', () => {
    const { program } = flattenOptimizer(step((g, { a }) => g.output('sum', g.sum(a![1]!))));
    // The group of a and c has one member left, and is none.
    expect(count(program, 'sqrt')).toBe(3);
    const used = flattenOptimizer(step((g, { b }) => g.output('sum', g.sum(b![0]!))));
    expect(count(used.program, 'sqrt')).toBe(3);
  });
});

test('large tensors are worth a launch each', () => {
  const { program, flats } = flattenOptimizer(step(undefined, { ...shapes, e: [2 ** 20 + 1] }));
  expect(count(program, 'sqrt')).toBe(3);
  expect(flats.flatMap(({ parts }) => parts.map(({ name }) => name))).not.toContain('m.e');
});

/** An engine that commits its updates itself: each is a new tensor. */
function committing<Handle extends { readonly data: ArrayLike<number> }>(
  engine: Engine<Handle>,
): Engine<Handle> {
  return {
    ...engine,
    build: async (program) => {
      const compiled = await engine.build(program);
      return {
        ...compiled,
        commits: true,
        run: async (state, feeds, commit) => {
          const { outputs, updates } = await compiled.run(state, feeds, commit);
          const holds = program.guard === undefined || outputs.get(program.guard)!.data[0] !== 0;
          for (const [name, handle] of updates) {
            if (holds) commit(name, handle);
            else engine.free(handle);
          }
          return { outputs, updates: new Map<string, Handle>() };
        },
      };
    },
  };
}

describe.each([
  ['an engine that returns its updates', () => interpreterEngine()],
  ['an engine that commits them', () => committing(interpreterEngine())],
])('training on %s', (_name, engine) => {
  let plain: [Backend, State];
  let flat: [Backend, State];
  const initial = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [name, randomTensor(i + 1, { shape, dtype: 'f32' })]),
  );
  beforeEach(async () => {
    const make = async (backend: Backend): Promise<[Backend, State]> => {
      const state = await backend.allocate(spec);
      await state.write(initial);
      return [backend, state];
    };
    plain = await make(engineBackend(engine()));
    flat = await make(engineBackend(withFlatOptimizer(engine())));
  });

  /** Does the same on both, and compares what they hold. */
  async function both(work: (backend: Backend, state: State) => Promise<void>): Promise<void> {
    for (const [backend, state] of [plain, flat]) await work(backend, state);
    expect(await flat[1].read()).toEqual(await plain[1].read());
  }

  async function run(
    backend: Backend,
    state: State,
    program: Program,
    values = feeds(),
  ): Promise<HostTensors> {
    const executable = await backend.compile(program, state);
    const outputs = await executable.run(values);
    executable.dispose();
    return outputs;
  }

  test('comes out the same to the bit, step after step', () =>
    both(async (backend, state) => {
      for (let i = 0; i < 3; i++) await run(backend, state, step());
    }));

  test('goes on from moments that were written, all or one', () =>
    both(async (backend, state) => {
      await run(backend, state, step());
      await state.write({ 'm.c': hostTensor('f32', [2, 1, 2], [1, 2, 3, 4]) });
      await run(backend, state, step());
    }));

  test('that is dropped leaves what was', () =>
    both(async (backend, state) => {
      await run(backend, state, step());
      await run(backend, state, step(), feeds(2));
    }));

  test('moments are there for other programs', async () => {
    const g = new GraphBuilder('norm');
    g.output('norm', g.sum(g.state('m.a', { shape: [3, 4], dtype: 'f32' })));
    const norm = g.build();
    const results: HostTensors[] = [];
    await both(async (backend, state) => {
      await run(backend, state, step());
      results.push(await run(backend, state, norm, {}));
    });
    expect(results[0]).toEqual(results[1]);
  });

  test('what is read is a copy', async () => {
    const [backend, state] = flat;
    await run(backend, state, step());
    const [before, again] = [await state.read(['m.a']), await state.read(['m.a'])];
    before['m.a']!.data.fill(7);
    expect(await state.read(['m.a'])).toEqual(again);
  });

  test('holds no more than without, and nothing at the end', async () => {
    const [backend, state] = flat;
    await run(backend, state, step());
    const { bytes } = backend.memory();
    for (let i = 0; i < 3; i++) await run(backend, state, step(), feeds(i === 1 ? 2 : 0));
    expect(backend.memory().bytes).toBe(bytes);
    expect(bytes).toBe(plain[0].memory().bytes);
    state.dispose();
    expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
  });
});
