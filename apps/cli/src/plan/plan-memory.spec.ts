import { backend as cpu } from '@attune/backend-cpu';
import { backend as reference } from '@attune/backend-reference';
import { backend as wasm } from '@attune/backend-wasm';
import { zeros, type Backend, type HostTensors } from '@attune/core';
import { adamW, applyLora, crossEntropy, gpt2 } from '@attune/nn';
import { Trainer } from '@attune/train';

/** A plan of memory is held against the engine's own account, when everything is allocated and has run. */
const plugins = [cpu, wasm, reference];

const spec = { shape: [2, 8], dtype: 'i32' } as const;
const batch: HostTensors = { x: zeros(spec), y: zeros(spec) };

function trainerOn(backend: Backend, method: 'full' | 'lora', gradientAccumulationSteps: number) {
  const model = gpt2({ vocabSize: 65, blockSize: 8, nLayer: 2, nHead: 2, nEmbd: 16, dropout: 0 });
  if (method === 'lora') applyLora(model, { rank: 2, targetModules: ['c_attn'] });
  return new Trainer({
    ...{ backend, model, gradientAccumulationSteps },
    loss: crossEntropy(),
    optimizer: adamW({ learningRate: 1e-3 }),
    data: {
      spec: { x: spec, y: spec },
      state: () => ({}),
      restore: () => undefined,
      async *[Symbol.asyncIterator]() {
        for (;;) yield batch;
      },
    },
  });
}

describe.each(plugins)('on $name', (plugin) => {
  let backend: Backend;
  beforeAll(async () => void (backend = await plugin.create({ threads: 1 } as object)));
  afterAll(() => backend.dispose());

  test.each([
    ['full', 1],
    ['full', 2],
    ['lora', 1],
  ] as const)('%s, %d micro-batches a step: every byte is planned', async (method, microBatches) => {
    const before = backend.memory();
    const trainer = trainerOn(backend, method, microBatches);
    const { parameters, training, microBatch, accumulation } = trainer.plan();
    const programs = [microBatch, ...(accumulation ? [accumulation.apply, accumulation.clear] : [])];
    const memories = programs.map((program) => backend.programMemory!(program));
    // The plan itself has allocated nothing.
    expect(backend.memory()).toEqual(before);

    for await (const { loss } of trainer.fit({ maxIters: 2 })) expect(loss).toBeGreaterThan(0);
    const held = backend.memory().bytes - before.bytes;
    const state = bytes(parameters) + bytes(training);
    const [shared, own] = [
      Math.max(...memories.map((memory) => memory.shared)),
      memories.reduce((sum, memory) => sum + memory.own, 0),
    ];
    // The interpreter's values come and go on the heap of JavaScript, which it keeps no account of.
    expect(held).toBe(plugin === reference ? state : state + shared + own);
    expect(shared).toBeGreaterThan(bytes({ spec }));
    await trainer.dispose();
    expect(backend.memory()).toEqual(before);
  });
});

/** Counted by hand, as the plan counts with the core. */
function bytes(specs: Readonly<Record<string, { readonly shape: readonly number[] }>>): number {
  return Object.values(specs).reduce((sum, { shape }) => sum + 4 * shape.reduce((size, n) => size * n, 1), 0);
}
