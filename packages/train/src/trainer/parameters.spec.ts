import { backend as reference } from '@attune/backend-reference';
import { narrowed, widened, type Backend, type HostTensors } from '@attune/core';
import { adamW, applyLora, crossEntropy, initializeParameters, storeFrozen } from '@attune/nn';
import { arrayDataset } from '../testing/array-dataset.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import { allocateParameters } from './parameters.js';
import { Trainer } from './trainer.js';

test('a model that is larger than the device is refused before it is initialised', async () => {
  const backend = await reference.create();
  const small = { ...backend, device: { ...backend.device, memoryBytes: 1000 } };
  await expect(allocateParameters(small, tinyModel(), { seed: 1 })).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringMatching(/parameters take \d+ bytes, but reference has 1000/),
  });
  expect(backend.memory().bytes).toBe(0);
});

test('tensors that are read when they are used are in memory one at a time', async () => {
  const backend = await reference.create();
  const model = tinyModel();
  const own = initializeParameters(model, 1);
  const written: string[] = [];
  const lazy = Object.fromEntries(
    Object.entries(own).map(([name, tensor]) => {
      const { shape, dtype } = tensor;
      return [name, { shape, dtype, load: async () => (written.push(name), tensor) }];
    }),
  );
  const writes: number[] = [];
  const watched: Backend = {
    ...backend,
    memory: () => backend.memory(),
    async allocate(specs) {
      const state = await backend.allocate(specs);
      const write = state.write.bind(state);
      return Object.assign(state, {
        write: (tensors: HostTensors) => (writes.push(written.length), write(tensors)),
      });
    },
  };
  const state = await allocateParameters(watched, model, { tensors: lazy });
  // Each was written before the next was read.
  expect(writes).toEqual(Object.keys(own).map((_, i) => i + 1));
  expect(await state.read(Object.keys(own))).toEqual(own);
});

/** A small model with adapters, its base held as it is or in bf16. */
function adapted(storage?: 'bf16') {
  const model = tinyModel();
  applyLora(model, { targetModules: ['c_attn'], rank: 2 });
  if (storage) storeFrozen(model, storage);
  return model;
}

test('a frozen base in bf16 takes half the memory, and a run on it is restored bit for bit', async () => {
  const backend = await reference.create();
  const rounded = Object.fromEntries(
    Object.entries(initializeParameters(adapted(), 1)).map(([name, value]) => {
      const isFrozen = value.shape.length > 1 && !name.includes('lora_');
      return [name, isFrozen ? widened(narrowed('bf16', value)) : value];
    }),
  );
  const open = (storage: 'bf16' | undefined, seed = 4) =>
    new Trainer({
      ...{ backend, seed, model: adapted(storage), loss: crossEntropy() },
      optimizer: adamW({ learningRate: 1e-2 }),
      data: arrayDataset(tinyBatches(4, 2), { repeat: true }),
      weights: async () => rounded,
    });
  const losses = async (trainer: Trainer, maxIters: number) => {
    const list: number[] = [];
    for await (const { loss } of trainer.fit({ maxIters })) list.push(loss);
    return list;
  };
  const [wide, narrow] = [open(undefined), open('bf16')];
  const before = await (await wide.parameters()).read();
  const held = await (await narrow.parameters()).read();
  expect(before['transformer.wte.weight']!.data.byteLength).toBe(
    2 * held['transformer.wte.weight']!.data.byteLength,
  );
  const unbroken = await losses(narrow, 4);
  expect(unbroken).toEqual(await losses(wide, 4));

  const first = open('bf16');
  const begin = await losses(first, 2);
  const checkpoint = await first.checkpoint();
  expect(checkpoint.parameters['transformer.wte.weight']).toEqual(rounded['transformer.wte.weight']);
  const second = open('bf16', 99);
  await second.restore(checkpoint);
  expect([...begin, ...(await losses(second, 4))]).toEqual(unbroken);
});
