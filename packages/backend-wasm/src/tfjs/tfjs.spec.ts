import { jest } from '@jest/globals';
import { GraphBuilder, gradients, hostTensor, type Backend, type HostTensors } from '@attune/core';
import { randomTensor, sameBits } from '@attune/backend-testkit';
import { engine } from '@tensorflow/tfjs-core';
import { backend as plugin } from '../index.js';

const batch = { shape: [8, 16], dtype: 'f32' } as const;
const weights = { w1: { shape: [16, 32], dtype: 'f32' }, w2: { shape: [32, 16], dtype: 'f32' } } as const;

/** A step of gradient descent on two layers. */
function stepProgram() {
  const g = new GraphBuilder('step');
  const x = g.feed('x', batch);
  const [w1, w2] = [g.state('w1', weights.w1), g.state('w2', weights.w2)];
  const error = g.sub(g.matmul(g.gelu(g.matmul(x, w1)), w2), x);
  const loss = g.mean(g.square(error));
  gradients(g, loss, [w1, w2]).forEach((gradient, i) => {
    g.update(['w1', 'w2'][i]!, g.sub([w1, w2][i]!, g.mul(gradient, 0.1)));
  });
  g.output('loss', loss);
  return g.build();
}

/** Trains for some steps, and says how many tensors tfjs counted after each. */
async function train(backend: Backend, steps: number): Promise<{ result: HostTensors; counts: number[] }> {
  const state = await backend.allocate(weights);
  await state.write({ w1: randomTensor(1, weights.w1), w2: randomTensor(2, weights.w2) });
  const step = await backend.compile(stepProgram(), state);
  const counts: number[] = [];
  for (let i = 0; i < steps; i++) {
    await step.run({ x: randomTensor(3 + i, batch) });
    counts.push(engine().memory().numTensors, engine().state.numDataBuffers);
  }
  const result = await state.read();
  step.dispose();
  state.dispose();
  return { result, counts };
}

test('says what it runs on', async () => {
  expect(await plugin.isAvailable({ engine: 'tfjs' })).toEqual({
    available: true,
    description: 'tfjs 4.22.0, WebAssembly SIMD',
  });
  const backend = await plugin.create({ engine: 'tfjs' });
  expect(backend.device.description).toBe('tfjs 4.22.0, WebAssembly SIMD, 1 thread');
  await backend.dispose();
});

test('holds as many tensors in the tfjs engine after a hundred steps as after one, and none at the end', async () => {
  const backend = await plugin.create({ engine: 'tfjs' });
  const { numTensors, numBytes } = engine().memory();
  const { counts } = await train(backend, 100);
  expect(new Set(counts.filter((_, i) => i % 2 === 0)).size).toBe(1);
  expect(new Set(counts.filter((_, i) => i % 2 === 1)).size).toBe(1);
  expect(engine().memory()).toMatchObject({ numTensors, numBytes });
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
  await backend.dispose();
});

test('gives the same bits again, in another instance and in a module started again', async () => {
  const [first, second] = [await plugin.create({ engine: 'tfjs' }), await plugin.create({ engine: 'tfjs' })];
  const [a, b] = [await train(first, 20), await train(second, 20)];
  await first.dispose();
  await second.dispose();
  const third = await plugin.create({ engine: 'tfjs' });
  const c = await train(third, 20);
  await third.dispose();
  for (const name of ['w1', 'w2']) {
    expect(sameBits(a.result[name]!, b.result[name]!)).toBe(true);
    expect(sameBits(a.result[name]!, c.result[name]!)).toBe(true);
  }
});

test('instances share a module, and count and free only what is theirs', async () => {
  const [first, second] = [await plugin.create({ engine: 'tfjs' }), await plugin.create({ engine: 'tfjs' })];
  const state = await first.allocate({ a: { shape: [4], dtype: 'f32' } });
  const other = await second.allocate({ a: { shape: [2], dtype: 'i32' }, b: { shape: [3], dtype: 'bool' } });
  expect(first.memory()).toEqual({ bytes: 16, buffers: 1 });
  expect(second.memory()).toEqual({ bytes: 11, buffers: 2 });
  await state.write({ a: hostTensor('f32', [4], [1, 2, 3, 4]) });
  await second.dispose();
  await expect(other.read()).rejects.toMatchObject({ code: 'DISPOSED' });
  expect((await state.read())['a']!.data).toEqual(Float32Array.of(1, 2, 3, 4));
  await first.dispose();
});

test('leaves the module to an application that uses tfjs itself, with its tensors and its backend', async () => {
  const backend = await plugin.create({ engine: 'tfjs' });
  await engine().setBackend('wasm');
  const own = engine().makeTensor(Float32Array.of(1, 2), [2], 'float32');
  await train(backend, 1);
  await backend.dispose();
  expect(engine().backendName).toBe('wasm');
  expect([...own.dataSync()]).toEqual([1, 2]);
  own.dispose();
});

test('prints nothing', async () => {
  const print = (['log', 'info', 'warn', 'error'] as const).map((method) =>
    jest.spyOn(console, method).mockImplementation(() => undefined),
  );
  const backend = await plugin.create({ engine: 'tfjs' });
  await train(backend, 1);
  await backend.dispose();
  print.forEach((spy) => {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  });
});
