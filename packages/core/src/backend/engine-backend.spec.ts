import { GraphBuilder } from '../builder/index.js';
import { AttuneError } from '../errors/index.js';
import { labelOf, type Program } from '../program/index.js';
import { hostTensor, scalar, type HostTensor, type TensorSpec } from '../tensor/index.js';
import { FakeEngine, type FakeOptions } from '../testing/fake-engine.js';
import { engineBackend } from './engine-backend.js';

const spec: TensorSpec = { shape: [2], dtype: 'f32' };
const pair = (a: number, b = a): HostTensor => hostTensor('f32', [2], [a, b]);
const numbers = (tensor: HostTensor | undefined) => [...tensor!.data];

/** `w = w · factor + x`; outputs the new `w`. */
function step(name = 'step', factor = 1): Program {
  const g = new GraphBuilder(name);
  const next = g.add(g.mul(g.state('w', spec), factor), g.feed('x', spec));
  g.update('w', next);
  g.output('w', next);
  return g.build();
}

/** A promise that the test settles. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

async function setup(engine = new FakeEngine()) {
  const backend = engineBackend(engine);
  const state = await backend.allocate({ w: spec });
  return { engine, backend, state, run: await backend.compile(step(), state) };
}

/** Commits what it should. */
const commits = (names: readonly string[], holds: boolean) => (holds ? names : []);

describe.each<[string, FakeOptions]>([
  ['an engine that makes new tensors', {}],
  ['an engine that updates in place', { inPlace: true }],
  ['an engine that commits', { commits }],
  ['an engine that commits in place', { commits, inPlace: true }],
])('with %s', (_name, options) => {
  test('runs, reads and writes execute in the order of the calls, one at a time', async () => {
    const { engine, backend, state, run } = await setup(new FakeEngine(options));
    const double = await backend.compile(step('double', 2), state);
    const { open, opened } = gate();
    engine.duringRun = () => opened;
    const work = [
      state.write({ w: pair(1, 10) }),
      run.run({ x: pair(1) }),
      double.run({ x: pair(0) }),
      state.read(),
      state.write({ w: pair(0) }),
      run.run({ x: pair(5) }),
    ] as const;
    open();
    const results = await Promise.all(work);
    expect(engine.log).toEqual(
      ['step', 'double', 'step'].flatMap((name) => [`begin ${name}`, `end ${name}`]),
    );
    expect(numbers(results[1]['w'])).toEqual([2, 11]);
    expect(numbers(results[3]['w'])).toEqual([4, 22]);
    expect(numbers(results[5]['w'])).toEqual([5, 5]);
  });

  test('every tensor is freed exactly once', async () => {
    const { engine, state, run } = await setup(new FakeEngine(options));
    for (let i = 0; i < 10; i++) {
      await run.run({ x: pair(i) });
      expect(engine.live.size).toBe(1);
    }
    run.dispose();
    state.dispose();
    expect(engine.live.size).toBe(0);
  });
});

test('the next run begins before the last one’s outputs are on the host', async () => {
  const { engine, run } = await setup();
  const { open, opened } = gate();
  engine.duringDownload = () => opened;
  const first = run.run({ x: pair(1) });
  const second = run.run({ x: pair(2) });
  await new Promise((resolve) => setTimeout(resolve));
  expect(engine.log).toEqual(['begin step', 'end step', 'begin step', 'end step']);
  open();
  expect(numbers((await first)['w'])).toEqual([1, 1]);
  expect(numbers((await second)['w'])).toEqual([3, 3]);
});

test('feeds and written values are read before the call returns', async () => {
  const { state, run } = await setup();
  const values = pair(1);
  const writing = state.write({ w: values });
  values.data.fill(2);
  const running = run.run({ x: values });
  values.data.fill(100);
  await writing;
  expect(numbers((await running)['w'])).toEqual([3, 3]);
});

describe('a run that fails', () => {
  test('changes nothing, and poisons the whole family of its State', async () => {
    const { engine, backend, state, run } = await setup();
    const child = await state.extend({ cache: spec });
    const other = await backend.allocate({ w: spec });
    engine.duringRun = () => {
      throw new Error('device lost');
    };
    const failing = run.run({ x: pair(1) });
    const queued = run.run({ x: pair(1) });
    await expect(failing).rejects.toMatchObject({
      code: 'BACKEND_FAILURE',
      message: 'Backend "fake" failed in program "step": Error: device lost',
      cause: expect.objectContaining({ message: 'device lost' }),
    });
    await expect(queued).rejects.toMatchObject({
      code: 'STATE_POISONED',
      message: expect.stringMatching(/device lost.*Allocate a new State and restore it from a checkpoint\.$/),
    });
    for (const work of [
      () => state.read(),
      () => child.read(['cache']),
      () => child.write({ cache: pair(1) }),
      () => child.extend({ more: spec }),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'STATE_POISONED' });
    }
    expect(numbers((await other.read())['w'])).toEqual([0, 0]);
    [child, state, other].forEach((each) => each.dispose());
    expect(engine.live.size).toBe(0);
  });

  test('also when it is the outputs that cannot be fetched', async () => {
    const { engine, state, run } = await setup();
    engine.duringDownload = () => {
      throw new Error('mapping failed');
    };
    await expect(run.run({ x: pair(1) })).rejects.toMatchObject({ code: 'BACKEND_FAILURE' });
    await expect(state.read()).rejects.toMatchObject({ code: 'STATE_POISONED' });
    state.dispose();
    expect(engine.live.size).toBe(0);
  });

  test('keeps the code of an engine that has no room left', async () => {
    const { engine, state, run } = await setup();
    engine.duringRun = () => {
      throw new AttuneError('OUT_OF_MEMORY', 'no room');
    };
    await expect(run.run({ x: pair(1) })).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: 'no room',
    });
    await expect(state.read()).rejects.toMatchObject({ code: 'STATE_POISONED' });
  });

  test('is no TOKEN_OUT_OF_RANGE, which says that nothing has run', async () => {
    const engine = new FakeEngine();
    const backend = engineBackend(engine);
    const g = new GraphBuilder('lookup');
    // Computed, since those of a feed are checked before the run.
    g.output('rows', g.gather(g.state('w', spec), g.add(g.feed('ids', { shape: [1], dtype: 'i32' }), 0)));
    const state = await backend.allocate({ w: spec });
    const run = await backend.compile(g.build(), state);
    await expect(run.run({ ids: hostTensor('i32', [1], [9]) })).rejects.toMatchObject({
      code: 'BACKEND_FAILURE',
      message: expect.stringContaining('TOKEN_OUT_OF_RANGE: gather: index 9 is not in [0, 2)'),
      cause: expect.objectContaining({ code: 'TOKEN_OUT_OF_RANGE' }),
    });
    await expect(state.read()).rejects.toMatchObject({ code: 'STATE_POISONED' });
  });

  test('wrong feeds are no failed run: all are listed, and the State stays good', async () => {
    const { state, run } = await setup();
    await expect(run.run({ X: pair(1), y: pair(2) })).rejects.toMatchObject({
      code: 'FEED_MISMATCH',
      message:
        'Feeds of program "step": "x" is missing; "X" is not a feed (Did you mean "x"?); "y" is not a feed (Did you mean "x"?).',
    });
    await expect(run.run({ x: scalar(1) })).rejects.toMatchObject({
      message: expect.stringContaining('"x" must be f32[2], but is f32[]'),
    });
    await expect(run.run({ x: { ...spec, data: new Float32Array(3) } })).rejects.toMatchObject({
      message: expect.stringContaining('"x" is f32[2], but has 3 elements'),
    });
    expect(numbers((await state.read())['w'])).toEqual([0, 0]);
  });
});

describe('a guard', () => {
  const guarded = () => {
    const g = new GraphBuilder('guarded');
    const next = g.add(g.state('w', spec), g.feed('x', spec));
    g.update('w', next);
    g.output('next', next);
    g.guard('finite', g.less(g.max(next), 100));
    return g.build();
  };

  test.each<[string, FakeOptions]>([
    ['an engine that makes new tensors', {}],
    ['an engine that commits', { commits }],
    ['an engine that commits in place', { commits, inPlace: true }],
  ])('that is false drops the updates of %s, and leaves the outputs', async (_name, options) => {
    const { engine, backend, state } = await setup(new FakeEngine(options));
    const run = await backend.compile(guarded(), state);
    const held = await Promise.all([
      run.run({ x: pair(1) }),
      run.run({ x: pair(500) }),
      run.run({ x: pair(2) }),
    ]);
    expect(held.map(({ finite, next }) => [finite!.data[0], next!.data[0]])).toEqual([
      [1, 1],
      [0, 501],
      [1, 3],
    ]);
    expect(numbers((await state.read())['w'])).toEqual([3, 3]);
    expect(engine.live.size).toBe(1);
  });

  test('is fetched along with the other outputs, each of them once', async () => {
    const { engine, backend, state } = await setup();
    const run = await backend.compile(guarded(), state);
    const { open, opened } = gate();
    let downloads = 0;
    engine.duringDownload = () => {
      downloads++;
      return opened;
    };
    const running = run.run({ x: pair(1) });
    for (let turn = 0; turn < 50 && downloads < 2; turn++) await Promise.resolve();
    // Both are on their way before one of them is there.
    expect(downloads).toBe(2);
    open();
    expect(numbers((await running)['next'])).toEqual([1, 1]);
    expect(downloads).toBe(2);
  });

  test.each<[string, NonNullable<FakeOptions['commits']>, number]>([
    ['commits under a guard that is false', (names) => names, 500],
    ['commits nothing though the guard holds', () => [], 1],
  ])('is held against an engine that %s', async (_name, wrong, x) => {
    const { backend, state } = await setup(new FakeEngine({ commits: wrong }));
    const run = await backend.compile(guarded(), state);
    await expect(run.run({ x: pair(x) })).rejects.toMatchObject({ code: 'BACKEND_FAILURE' });
    await expect(state.read()).rejects.toMatchObject({ code: 'STATE_POISONED' });
  });

  test('forbids updates in place to an engine that does not commit', async () => {
    const { backend, state } = await setup(new FakeEngine({ inPlace: true }));
    const run = await backend.compile(guarded(), state);
    await expect(run.run({ x: pair(500) })).rejects.toMatchObject({ code: 'BACKEND_FAILURE' });
  });
});

describe('dispose', () => {
  test('while a run is under way waits for it, and what is queued fails', async () => {
    const { engine, state, run } = await setup();
    const { open, opened } = gate();
    engine.duringRun = () => opened;
    const running = run.run({ x: pair(1) });
    const queued = run.run({ x: pair(1) });
    await Promise.resolve();
    await Promise.resolve();
    expect(engine.log).toEqual(['begin step']);
    state.dispose();
    run.dispose();
    expect(engine.log).toEqual(['begin step']);
    open();
    expect(numbers((await running)['w'])).toEqual([1, 1]);
    await expect(queued).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(engine.log).toEqual(['begin step', 'end step', 'dispose step']);
    expect(engine.live.size).toBe(0);
  });

  test('of an Executable fails what it had queued, and does not poison the State', async () => {
    const { state, run } = await setup();
    const queued = run.run({ x: pair(1) });
    run.dispose();
    run.dispose();
    await expect(queued).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(numbers((await state.read())['w'])).toEqual([0, 0]);
  });

  test('of the backend makes everything unusable, and frees no tensor twice', async () => {
    const { engine, backend, state, run } = await setup();
    await backend.dispose();
    await backend.dispose();
    for (const work of [
      () => backend.allocate({}),
      () => backend.compile(step(), state),
      () => state.read(),
      () => state.write({ w: pair(1) }),
      () => run.run({ x: pair(1) }),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'DISPOSED' });
    }
    run.dispose();
    state.dispose();
    expect(engine.log).toEqual(['dispose engine']);
  });

  test('of a parent makes its children unusable', async () => {
    const { engine, state } = await setup();
    const child = await state.extend({ cache: spec });
    state.dispose();
    await expect(child.read()).rejects.toMatchObject({ code: 'DISPOSED' });
    child.dispose();
    expect(engine.live.size).toBe(0);
  });
});

describe('where there is no room', () => {
  test('allocate leaves nothing behind', async () => {
    const engine = new FakeEngine();
    engine.room = 2;
    await expect(engineBackend(engine).allocate({ a: spec, b: spec, c: spec })).rejects.toThrow('no room');
    expect(engine.live.size).toBe(0);
  });

  test('write leaves nothing behind, and the old values', async () => {
    const { engine, state } = await setup();
    engine.room = 1;
    await expect(state.write({ w: pair(7) })).rejects.toThrow('no room');
    expect(engine.live.size).toBe(1);
    expect(numbers((await state.read())['w'])).toEqual([0, 0]);
  });

  test('also where the engine learns of it later', async () => {
    const { engine, backend, state } = await setup();
    // As a GPU does: the tensor is there, and soon turns out to have no memory.
    const settle = async () => {
      if (engine.live.size > 1) throw new Error('no room');
    };
    Object.assign(engine, { settle });
    await expect(backend.allocate({ a: spec })).rejects.toThrow('no room');
    await expect(state.extend({ a: spec })).rejects.toThrow('no room');
    await expect(state.write({ w: pair(7) })).rejects.toThrow('no room');
    expect(engine.live.size).toBe(1);
    expect(numbers((await state.read())['w'])).toEqual([0, 0]);
  });
});

describe('compile', () => {
  test('hands the engine its own ops only, and the caller the program as written', async () => {
    const engine = new FakeEngine({
      native: ['constant', 'exp', 'sub', 'max', 'sum', 'div'],
    });
    const backend = engineBackend(engine);
    const g = new GraphBuilder('softmax');
    g.output('y', g.softmax(g.feed('x', spec)));
    const program = g.build();
    const run = await backend.compile(program, await backend.allocate({}));
    expect(run.program).toBe(program);
    expect(engine.built[0]!.nodes.map(labelOf)).toEqual(['feed', 'max', 'sub', 'exp', 'sum', 'div']);
    const [a, b] = numbers((await run.run({ x: pair(0, Math.log(3)) }))['y']);
    expect([a, b]).toEqual([expect.closeTo(0.25, 6), expect.closeTo(0.75, 6)]);
  });

  test('names every op the engine lacks, with the reasons it gives', async () => {
    const engine = new FakeEngine({
      native: ['constant', 'add'],
      unsupported: { erf: 'no such kernel in 4.22' },
    });
    const backend = engineBackend(engine);
    const g = new GraphBuilder('lacking');
    const x = g.feed('x', spec);
    g.output('y', g.add(g.tanh(x), g.abs(x)));
    await expect(backend.compile(g.build(), await backend.allocate({}))).rejects.toMatchObject({
      code: 'UNSUPPORTED_OP',
      message: expect.stringContaining('it lacks tanh (no kernel), abs (no kernel)'),
      data: { missing: ['tanh', 'abs'] },
    });
  });

  test('refuses a State of another backend, and one that lacks tensors', async () => {
    const { backend, state } = await setup();
    const other = engineBackend(new FakeEngine());
    await expect(other.compile(step(), state)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(
      backend.compile(step(), await backend.allocate({ w: { shape: [3], dtype: 'f32' } })),
    ).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: 'The State does not fit program "step": "w" is f32[3], but the program takes f32[2].',
    });
    await expect(backend.compile(step(), await backend.allocate({ v: spec }))).rejects.toMatchObject({
      code: 'UNKNOWN_TENSOR',
      message: 'The State does not fit program "step": "w" (f32[2]) is missing.',
    });
  });

  test('of several faults of a State, the gravest gives the code, and all are named', async () => {
    const { backend, state } = await setup();
    const g = new GraphBuilder('picky');
    g.output('y', g.add(g.cast(g.state('w', { ...spec, dtype: 'i32' }), 'f32'), g.feed('x', spec)));
    const picky = g.build();
    await expect(backend.compile(picky, state)).rejects.toMatchObject({ code: 'DTYPE_MISMATCH' });
    g.output('z', g.state('v', spec));
    await expect(backend.compile(g.build(), state)).rejects.toMatchObject({
      code: 'UNKNOWN_TENSOR',
      message: expect.stringMatching(/"w".*"v"|"v".*"w"/),
    });
    state.dispose();
    await expect(backend.compile(step(), state)).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});
