import { engineBackend, GraphBuilder, hostTensor, type Backend, type HostTensors } from '@attune/core';
import { cudaEngine } from './engine.js';
import { backend as plugin } from './index.js';
import { reasonToSkip } from './testing/tensorflow.js';

/** Behaviour particular to this backend, on a real TensorFlow. The conformance kit tests the rest. */
const suite = reasonToSkip ? describe.skip : describe;

suite(`on TensorFlow${reasonToSkip ? `: ${reasonToSkip}` : ''}`, () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await plugin.create({ allowCpu: true });
  });
  afterAll(() => backend.dispose());

  async function run(g: GraphBuilder, feeds: HostTensors): Promise<HostTensors> {
    const state = await backend.allocate({});
    const executable = await backend.compile(g.build(), state);
    try {
      return await executable.run(feeds);
    } finally {
      executable.dispose();
      state.dispose();
    }
  }

  test('says what it runs on', () => {
    expect(backend.device.description).toMatch(/^TensorFlow 2\.\d+\.\d+ on /);
    expect(backend.device.memoryBytes).toBeGreaterThan(0);
  });

  test('does not compute on the CPU unasked', async () => {
    if (backend.device.kind === 'gpu') return;
    await expect(plugin.create()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      data: { kind: 'gpu' },
      message: expect.stringMatching(/sees no GPU.*--allow-cpu/),
    });
    expect(await plugin.isAvailable()).toMatchObject({ available: true, software: true });
  });

  test('TF32 is decided once for the process', async () => {
    await expect(plugin.create({ allowCpu: true, tf32: true })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('for want of memory, a run says which batch would fit, and leaves nothing behind', async () => {
    // One that does not know how much memory there is finds out from TensorFlow.
    const unaware = engineBackend(
      cudaEngine({ kind: 'cpu', description: 'TensorFlow' }, { gpu: false, tf32: false }),
    );
    const g = new GraphBuilder('huge');
    const x = g.feed('x', { shape: [3, 1, 1], dtype: 'f32' });
    // 4 PiB an example: more than there are addresses.
    g.output('y', g.max(g.broadcastTo(x, [3, 2 ** 25, 2 ** 25])));
    const state = await unaware.allocate({});
    const executable = await unaware.compile(g.build(), state);
    await expect(executable.run({ x: hostTensor('f32', [3, 1, 1], [1, 2, 3]) })).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(/TensorFlow ran out of memory.*Not even a batch of one would fit/s),
    });
    executable.dispose();
    state.dispose();
    expect(unaware.memory()).toEqual({ bytes: 0, buffers: 0 });
  });

  test.each([-1, 4])('refuses index %i, which a GPU would read as a row of zeros', async (index) => {
    const ids = hostTensor('i32', [2], [0, index]);
    const spec = { shape: [2], dtype: 'i32' } as const;
    // Computed, since those of a feed are checked before the run.
    const computed = (g: GraphBuilder) => g.sub(g.add(g.feed('ids', spec), 1), 1);
    const gather = new GraphBuilder('gather');
    gather.output('y', gather.gather(gather.constant(1, [4, 2]), computed(gather)));
    const scatter = new GraphBuilder('scatter');
    scatter.output('y', scatter.scatterAdd(computed(scatter), scatter.constant(1, [2, 3]), 4));
    const loss = new GraphBuilder('loss');
    loss.output('y', loss.softmaxCrossEntropy(loss.constant(1, [2, 4]), computed(loss)));
    for (const g of [gather, scatter, loss]) {
      await expect(run(g, { ids })).rejects.toMatchObject({
        code: 'BACKEND_FAILURE',
        cause: expect.objectContaining({ code: 'TOKEN_OUT_OF_RANGE' }),
      });
    }
  });
});
