import { engineBackend, GraphBuilder, type Backend } from '@attune/core';
import { engineOn } from './engine.js';
import { testHost } from './testing/test-host.js';

let backend: Backend;
beforeAll(() => {
  backend = engineBackend(engineOn(testHost(), { name: 'engine', description: '' }));
});
afterAll(() => backend.dispose());

const bools = (...values: number[]) =>
  ({ shape: [3], dtype: 'bool', data: Uint8Array.from(values) }) as const;

test('tensors that change places, of bytes that make no whole word', async () => {
  const state = await backend.allocate({
    a: { shape: [3], dtype: 'bool' },
    b: { shape: [3], dtype: 'bool' },
  });
  await state.write({ a: bools(1, 0, 1), b: bools(0, 1, 1) });
  const g = new GraphBuilder('exchange');
  const [a, b] = ['a', 'b'].map((name) => g.state(name, { shape: [3], dtype: 'bool' }));
  g.output('before', a!);
  g.update('a', b!);
  g.update('b', a!);
  const program = await backend.compile(g.build(), state);
  const { before } = await program.run();
  expect([...before!.data]).toEqual([1, 0, 1]);
  const after = await state.read();
  expect([...after['a']!.data]).toEqual([0, 1, 1]);
  expect([...after['b']!.data]).toEqual([1, 0, 1]);
  program.dispose();
  state.dispose();
});

test('all programs share the memory of a run, and the last one gives it back', async () => {
  const state = await backend.allocate({});
  const of = async (n: number) => {
    const g = new GraphBuilder('sum');
    g.output(
      'y',
      g.matmul(g.feed('a', { shape: [n, n], dtype: 'f32' }), g.feed('b', { shape: [n, n], dtype: 'f32' })),
    );
    return backend.compile(g.build(), state);
  };
  const large = await of(64);
  const { bytes } = backend.memory();
  expect(bytes).toBeGreaterThanOrEqual(3 * 64 * 64 * 4);
  const small = await of(32);
  expect(backend.memory().bytes).toBe(bytes);
  large.dispose();
  expect(backend.memory().bytes).toBeLessThan(bytes);
  small.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
});
