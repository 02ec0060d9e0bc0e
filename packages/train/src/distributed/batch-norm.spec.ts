import { backend as reference } from '@attune/backend-reference';
import { hostTensor, Random, type Checkpoint, type HostTensors } from '@attune/core';
import { cnn, crossEntropy, sgd } from '@attune/nn';
import { evaluateClassification, Trainer, type TrainerOptions } from '../index.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { onRanks } from '../testing/on-ranks.js';

/** Random images of two classes, in `batches` batches of four. */
function images(batches: number): HostTensors {
  const random = new Random(1);
  const pixels = Float32Array.from({ length: batches * 4 * 16 }, () => random.normal());
  const labels = Int32Array.from({ length: batches * 4 }, () => random.integer(2));
  return {
    x: hostTensor('f32', [batches, 4, 1, 4, 4], pixels),
    label: hostTensor('i32', [batches, 4], labels),
  };
}

async function open(options: Partial<TrainerOptions> = {}) {
  const backend = await reference.create();
  const model = cnn({ numLabels: 2, imageSize: 4, channels: [2] });
  const trainer = new Trainer({
    ...{ backend, model, loss: crossEntropy({ target: 'label' }), optimizer: sgd({ learningRate: 0.01 }) },
    data: arrayDataset(images(4), { repeat: true }),
    ...options,
  });
  return { backend, model, trainer };
}

async function train(trainer: Trainer, maxIters: number): Promise<HostTensors> {
  for await (const _step of trainer.fit({ maxIters }));
  return (await trainer.parameters()).read();
}

test('running statistics are the mean over ranks', async () => {
  const name = 'features.1.running_mean';
  const held = await onRanks(2, async (communicator) => {
    const { trainer } = await open({ gradientAccumulationSteps: 2, communicator });
    return (await train(trainer, 1))[name]!;
  });
  // In one process, a batch moves them by itself: from zero, to its own tenth.
  const alone = [0, 1].map(async (position) => {
    const data = arrayDataset(images(4), { repeat: true });
    data.restore({ position });
    return (await train((await open({ data })).trainer, 1))[name]!.data;
  });
  const [first, second] = await Promise.all(alone);
  held[0]!.data.forEach((value, i) => expect(value).toBeCloseTo((first![i]! + second![i]!) / 2, 7));
  expect(held[1]).toEqual(held[0]);
});

test('with local steps, they are brought together at the end of a round, and kept by checkpoints within one', async () => {
  const name = 'features.1.running_mean';
  const options = { gradientAccumulationSteps: 2, outerSteps: 3 };
  const held = async (maxIters: number, from?: Checkpoint) =>
    onRanks(2, async (communicator) => {
      const { trainer } = await open({ ...options, communicator });
      if (from) await trainer.restore(from);
      const tensors = await train(trainer, maxIters);
      return { statistics: tensors[name]!, checkpoint: await trainer.checkpoint() };
    });
  const within = await held(2);
  expect(within[1]!.statistics).not.toEqual(within[0]!.statistics);
  const after = await held(3);
  expect(after[1]!.statistics).toEqual(after[0]!.statistics);
  const resumed = await held(3, within[0]!.checkpoint);
  expect(resumed.map(({ statistics }) => statistics)).toEqual(after.map(({ statistics }) => statistics));
});

test('a NaN in the rows of one rank ends all of them, with the rank and the tensor named', async () => {
  const fields = images(2);
  fields['x']!.data[4 * 16 + 5] = NaN;
  const run = onRanks(2, async (communicator) => {
    const data = arrayDataset(fields, { repeat: true });
    const { trainer } = await open({ data, gradientAccumulationSteps: 2, communicator });
    await expect(train(trainer, 1)).rejects.toMatchObject({ code: 'NON_FINITE' });
    const held = await (await trainer.parameters()).read();
    for (const { data: values } of Object.values(held)) expect(values.every(Number.isFinite)).toBe(true);
    return train(trainer, 1);
  });
  await expect(run).rejects.toThrow(/Step 1: .*; rank 1: the gradient of features\.0\.weight/);
});

test('classes are counted over the batches of all ranks, of which one may have none', async () => {
  const count = async (batches: number, options: Partial<TrainerOptions> = {}) => {
    const { backend, model, trainer } = await open(options);
    const state = await trainer.parameters();
    const { communicator } = options;
    return evaluateClassification({
      backend,
      model,
      state,
      data: arrayDataset(images(batches)),
      communicator,
    });
  };
  for (const batches of [1, 3]) {
    const alone = await count(batches);
    expect(await onRanks(2, (communicator) => count(batches, { communicator }))).toEqual([alone, alone]);
  }
});
