import {
  assert,
  expectEqual,
  expectError,
  stepProgram,
  trainingSpec,
  type TrainingSetup,
} from '@attune/backend-testkit';
import { serveTests } from '@attune/browser-harness/page';
import {
  createBackend,
  GraphBuilder,
  gradients,
  hostTensor,
  item,
  scalar,
  type HostTensors,
} from '@attune/core';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import { backend } from '../index.js';
import { countTraffic } from './traffic.js';

const gpuOfHere = (globalThis as unknown as { navigator: { gpu: GPU } }).navigator.gpu;

/** Fits `w` to 2, from `x` and `2x`. */
function lineProgram() {
  const g = new GraphBuilder('line');
  const x = g.feed('x', { shape: [4], dtype: 'f32' });
  const w = g.state('w', { shape: [1], dtype: 'f32' });
  const loss = g.mean(g.square(g.sub(g.mul(x, w), g.mul(x, 2))));
  g.update('w', g.sub(w, g.mul(gradients(g, loss, [w])[0]!, 0.02)));
  g.output('loss', loss);
  return g.build();
}

const feeds = { x: hostTensor('f32', [4], [1, 2, 3, 4]) };
const spec = { w: { shape: [1], dtype: 'f32' } } as const;

function tinyGpt2(nLayer: number): TrainingSetup {
  const shape = [2, 8];
  return {
    model: gpt2({ vocabSize: 17, blockSize: 8, nLayer, nHead: 2, nEmbd: 16 }).train(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate: 1e-3 }),
    gradClip: 1,
    batch: { x: { shape, dtype: 'i32' }, y: { shape, dtype: 'i32' } },
  };
}

function tinyFeeds(setup: TrainingSetup, step: number): HostTensors {
  const tokens = (offset: number) =>
    hostTensor(
      'i32',
      [2, 8],
      Array.from({ length: 16 }, (_, i) => (i * 5 + offset) % 17),
    );
  const scalars = Object.entries(setup.optimizer.scalars(step)).map(([name, value]) => [name, scalar(value)]);
  return { x: tokens(step), y: tokens(step + 5), ...Object.fromEntries(scalars) };
}

serveTests(({ describe, test }) => {
  describe('the device', () => {
    test('a software adapter is named as such, and auto passes it over', async () => {
      const found = await backend.isAvailable();
      assert(found.available && found.software === true, `Not recognised: ${JSON.stringify(found)}`);
      const importer = (name: string) =>
        name.endsWith('webgpu')
          ? Promise.resolve({ backend })
          : Promise.reject(new Error('not in this test'));
      await expectError(() => createBackend('auto', { importer }), 'BACKEND_UNAVAILABLE', 'software adapter');
      const chosen = await createBackend([backend]);
      expectEqual([chosen.device.kind, chosen.device.software], ['gpu', true], 'device');
      await chosen.dispose();
    });

    test('where there is no adapter, the reason and what to do are told', async () => {
      Object.defineProperty(gpuOfHere, 'requestAdapter', { value: async () => null, configurable: true });
      try {
        const found = await backend.isAvailable();
        assert(!found.available && found.reason.includes('no adapter'), `Found: ${JSON.stringify(found)}`);
        await expectError(() => backend.create(), 'BACKEND_UNAVAILABLE', 'no adapter', 'driver');
      } finally {
        delete (gpuOfHere as { requestAdapter?: unknown }).requestAdapter;
      }
    });

    test('a tensor that no buffer holds is refused: which limit, and how much is needed', async () => {
      const device = await backend.create();
      const state = await device.allocate({});
      const before = device.memory();
      const g = new GraphBuilder('huge');
      const row = g.feed('row', { shape: [2 ** 15], dtype: 'f32' });
      // As many elements as a tensor may have, nearly.
      g.output('sum', g.sum(g.square(g.broadcastTo(row, [2 ** 16 - 1, 2 ** 15]))));
      const program = g.build();
      await expectError(
        () => device.compile(program, state),
        'OUT_OF_MEMORY',
        String(4 * (2 ** 16 - 1) * 2 ** 15),
        'max',
        'huge',
      );
      expectEqual(device.memory(), before, 'memory()');
      state.dispose();
      await device.dispose();
    });

    test('a GPU without memory for a State, a value or a program says so, and goes on with what it has', async () => {
      // A driver in software gives no single piece as large as the limit that it names; others may.
      const { maxBufferSize } = (await gpuOfHere.requestAdapter())!.limits;
      const huge = { shape: [maxBufferSize / 4], dtype: 'f32' } as const;
      const device = await backend.create();
      const state = await device.allocate(spec);
      await state.write({ w: hostTensor('f32', [1], [0.5]) });
      const before = device.memory();
      const refused = ['a buffer of', String(maxBufferSize)];
      await expectError(() => device.allocate({ huge }), 'OUT_OF_MEMORY', ...refused);
      await expectError(() => state.extend({ huge }), 'OUT_OF_MEMORY', ...refused);
      expectEqual(device.memory(), before, 'memory()');

      const g = new GraphBuilder('wide');
      g.output('wide', g.broadcastTo(g.feed('x', { shape: [1], dtype: 'f32' }), huge.shape));
      const wide = g.build();
      await expectError(() => device.compile(wide, state), 'OUT_OF_MEMORY', ...refused);
      expectEqual(device.memory(), before, 'memory() after compile');

      const step = await device.compile(lineProgram(), state);
      expectEqual(item((await step.run(feeds))['loss']), 16.875, 'loss');
      await device.dispose();
    });

    test('a lost device is a typed error, poisons the State, and leaves checkpoints good', async () => {
      const adapter = await gpuOfHere.requestAdapter();
      const gpu = await adapter!.requestDevice();
      const first = await backend.create({ device: gpu });
      const state = await first.allocate(spec);
      const step = await first.compile(lineProgram(), state);
      for (let i = 0; i < 3; i++) await step.run(feeds);
      const checkpoint = await state.read();
      const next = item((await step.run(feeds))['loss']);
      gpu.destroy();
      await expectError(() => step.run(feeds), 'BACKEND_FAILURE', 'GPU was lost', 'checkpoint');
      await expectError(() => step.run(feeds), 'STATE_POISONED', 'GPU was lost');
      await first.dispose();

      const second = await backend.create();
      const restored = await second.allocate(spec);
      await restored.write(checkpoint);
      const again = await second.compile(lineProgram(), restored);
      expectEqual(item((await again.run(feeds))['loss']), next, 'loss of the next step');
      await second.dispose();
    });

    test('a device of the application stays the application’s', async () => {
      const gpu = await (await gpuOfHere.requestAdapter())!.requestDevice();
      await (await backend.create({ device: gpu })).dispose();
      const buffer = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      await buffer.mapAsync(GPUMapMode.READ);
      gpu.destroy();
    });
  });

  describe('a training step', () => {
    test('moves its feeds there and its outputs back, and nothing else', async () => {
      const device = await backend.create();
      const setup = tinyGpt2(2);
      const state = await device.allocate(trainingSpec(setup));
      const step = await device.compile(stepProgram(setup), state);
      // The first runs compile shaders.
      for (let i = 0; i < 2; i++) await step.run(tinyFeeds(setup, i));
      const feeds = tinyFeeds(setup, 2);
      const fed = Object.values(feeds).reduce((bytes, { data }) => bytes + data.byteLength, 0);
      const traffic = countTraffic();
      await step.run(feeds);
      const { dispatches, maps, bytesRead, bytesWritten } = traffic.stop();
      // loss, gradNorm, count: a buffer of 16 bytes each.
      expectEqual({ maps, bytesRead }, { maps: 3, bytesRead: 48 }, 'what came back');
      assert(bytesWritten >= fed, `Only ${bytesWritten} bytes went there.`);
      // Beside the feeds: kernels' parameters, some tens of bytes for each.
      assert(
        bytesWritten - fed < 200 * dispatches,
        `${bytesWritten} bytes went there, of which ${fed} were feeds.`,
      );
      assert(dispatches > 0, 'Nothing ran on the GPU.');
      await device.dispose();
    });

    test('a loss may be read after later steps were queued', async () => {
      const device = await backend.create();
      const state = await device.allocate(spec);
      const step = await device.compile(lineProgram(), state);
      const losses = await Promise.all([0, 1, 2, 3].map(async () => item((await step.run(feeds))['loss'])));
      assert(
        losses.every((loss, i) => i === 0 || loss < losses[i - 1]!),
        `Not falling: ${losses.join()}`,
      );
      await device.dispose();
    });
  });
});
