import { GraphBuilder, hostTensor, type Backend } from '@attune/core';
import { engine } from '@tensorflow/tfjs-core';
import { createCpuBackend } from './testing/cpu-engine.js';

const three = { shape: [3], dtype: 'f32' } as const;
const x = hostTensor('f32', [3], [1, 2, 3]);

let backend: Backend;
beforeAll(async () => {
  backend = await createCpuBackend();
});
afterEach(() => expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 }));

test('an update may be a feed, another tensor of the state, a constant or an output: each gets a handle of its own', async () => {
  const g = new GraphBuilder('aliases');
  const [feed, a] = [g.feed('x', three), g.state('a', three)];
  g.update('a', feed);
  g.update('b', feed);
  g.update('c', a);
  g.update('d', g.constant(7, [3]));
  g.update('e', g.reshape(g.reshape(a, [3, 1]), [3]));
  g.output('x', feed);
  g.output('a', a);
  const state = await backend.allocate({ a: three, b: three, c: three, d: three, e: three });
  const run = await backend.compile(g.build(), state);
  await state.write({ a: hostTensor('f32', [3], [4, 5, 6]) });
  const outputs = await run.run({ x });
  expect([...outputs['x']!.data]).toEqual([1, 2, 3]);
  expect([...outputs['a']!.data]).toEqual([4, 5, 6]);
  run.dispose();
  const values = Object.entries(await state.read()).map(([name, { data }]) => [name, [...data]]);
  expect(Object.fromEntries(values)).toEqual({
    a: [1, 2, 3],
    b: [1, 2, 3],
    c: [4, 5, 6],
    d: [7, 7, 7],
    e: [4, 5, 6],
  });
  state.dispose();
});

test('computes constants once, and frees them with the program', async () => {
  const g = new GraphBuilder('constants');
  const table = g.cast(g.lessEqual(g.iota([4, 4], 1), g.iota([4, 4], 0)), 'f32');
  g.output('y', g.matmul(g.feed('x', { shape: [1, 4], dtype: 'f32' }), table));
  const state = await backend.allocate({});
  const run = await backend.compile(g.build(), state);
  expect(backend.memory()).toEqual({ bytes: 64, buffers: 1 });
  const feeds = { x: hostTensor('f32', [1, 4], [1, 10, 100, 1000]) };
  expect([...(await run.run(feeds))['y']!.data]).toEqual([1111, 1110, 1100, 1000]);
  expect(backend.memory()).toEqual({ bytes: 64, buffers: 1 });
  run.dispose();
  state.dispose();
});

describe('a step that updates many tensors', () => {
  const names = Array.from({ length: 8 }, (_, i) => `w${i}`);
  const wide = { shape: [1000], dtype: 'f32' } as const;

  /** Doubles every tensor, if `go` says so. */
  const doubling = () => {
    const g = new GraphBuilder('doubling');
    const sums = names.map((name) => {
      const w = g.state(name, wide);
      g.update(name, g.mul(w, 2));
      return g.sum(w);
    });
    g.output(
      'sum',
      sums.reduce((a, b) => g.add(a, b)),
    );
    g.guard('go', g.less(g.feed('x', { shape: [], dtype: 'f32' }), 1));
    return g.build();
  };

  /** The most that is held at once in a run, in bytes. */
  async function peakOf(x: number): Promise<{ peak: number; after: number; w7: number }> {
    let peak = 0;
    const measured = await createCpuBackend(undefined, {
      inspect: () => {
        peak = Math.max(peak, measured.memory().bytes);
      },
    });
    const state = await measured.allocate(Object.fromEntries(names.map((name) => [name, wide])));
    await state.write(
      Object.fromEntries(names.map((name) => [name, hostTensor('f32', [1000], Array<number>(1000).fill(1))])),
    );
    const run = await measured.compile(doubling(), state);
    const before = measured.memory();
    peak = 0;
    const outputs = await run.run({ x: hostTensor('f32', [], [x]) });
    expect(outputs['sum']!.data[0]).toBe(8000);
    expect(measured.memory()).toEqual(before);
    const w7 = (await state.read(['w7']))['w7']!.data[999]!;
    await measured.dispose();
    return { peak, after: before.bytes, w7 };
  }

  test('holds one copy of them and one tensor more, not two copies', async () => {
    const { peak, after, w7 } = await peakOf(0);
    expect(w7).toBe(2);
    expect(peak).toBeGreaterThan(8 * 4000);
    expect(peak - after).toBeLessThan(2 * 4000);
  });

  test('does not compute what a guard forbids', async () => {
    const { peak, after, w7 } = await peakOf(2);
    expect(w7).toBe(1);
    expect(peak - after).toBeLessThan(100);
  });
});

test('a run that fails halfway leaves nothing behind', async () => {
  const g = new GraphBuilder('failing');
  const rows = g.gather(
    g.exp(g.feed('table', { shape: [3, 2], dtype: 'f32' })),
    // Computed, so that no check of the feeds finds the index that is out of range.
    g.cast(g.feed('ids', { shape: [1], dtype: 'f32' }), 'i32'),
  );
  g.output('rows', g.add(rows, 1));
  const state = await backend.allocate({ a: three });
  const run = await backend.compile(g.build(), state);
  const before = backend.memory();
  const feeds = { table: hostTensor('f32', [3, 2], [0, 0, 0, 0, 0, 0]), ids: hostTensor('f32', [1], [9]) };
  await expect(run.run(feeds)).rejects.toMatchObject({ code: 'BACKEND_FAILURE' });
  expect(backend.memory()).toEqual(before);
  run.dispose();
  state.dispose();
});

test('puts back the tfjs backend that was current', async () => {
  engine().registerBackend('idle', () => engine().findBackend('cpu'));
  await engine().setBackend('idle');
  const state = await backend.allocate({ a: three });
  await state.write({ a: x });
  expect([...(await state.read())['a']!.data]).toEqual([1, 2, 3]);
  state.dispose();
  expect(engine().backendName).toBe('idle');
  await engine().setBackend('cpu');
});

test('refuses a program that needs more than the device holds', async () => {
  const small = await createCpuBackend(1000);
  const state = await small.allocate({ a: three });
  const g = new GraphBuilder('large');
  g.output('sum', g.sum(g.exp(g.broadcastTo(g.state('a', three), [100, 3]))));
  await expect(small.compile(g.build(), state)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
  await small.dispose();
});
