import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { createCpuBackend } from '../testing/cpu-engine.js';
import { Kernels } from './kernels.js';

beforeAll(() => createCpuBackend());

const make = () => engine().makeTensor(Float32Array.of(1, 2), [2], 'float32') as Tensor;

test('what a kernel throws may be turned into something better, while all is still held', () => {
  const cause = new Error('boom');
  const failure = (error: unknown, k: Kernels) =>
    new Error(`${k.memory().bytes} bytes held`, { cause: error });
  const k = new Kernels('cpu', { failure });
  k.call(() => [make()]);
  const failing = () =>
    k.call(() => {
      throw cause;
    });
  expect(failing).toThrow(expect.objectContaining({ message: '8 bytes held', cause }));
  expect(() => k.run('NoSuchKernel', {})).toThrow('8 bytes held');
  k.dispose();
  expect(k.memory()).toEqual({ buffers: 0, bytes: 0 });
});

test('without that, it is as it was thrown', () => {
  const k = new Kernels('cpu');
  expect(() => k.run('NoSuchKernel', {})).toThrow(/NoSuchKernel/);
});

test('tensors made outside are freed with their scope', () => {
  const k = new Kernels('cpu');
  const before = engine().memory().numTensors;
  const kept = k.scope(() => {
    const [first, second] = k.call(() => [make(), make()]);
    expect(second).not.toBe(first);
    return [first!];
  });
  expect(engine().memory().numTensors).toBe(before + 1);
  k.free(kept[0]!);
  expect(engine().memory().numTensors).toBe(before);
});
