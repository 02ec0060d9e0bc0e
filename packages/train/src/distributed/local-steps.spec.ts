import { backend as reference } from '@attune/backend-reference';
import { loadCase } from '@attune/backend-testkit';
import { fixtures } from '@attune/backend-testkit/node';
import { hostTensor, type Checkpoint, type HostTensors } from '@attune/core';
import { adamW, crossEntropy, sgd } from '@attune/nn';
import { Trainer, type TrainerOptions } from '../index.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { onRanks } from '../testing/on-ranks.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import { OuterOptimizer } from './outer-optimizer.js';

type Options = Partial<TrainerOptions>;

const open = async (options: Options = {}) =>
  new Trainer({
    ...{ backend: await reference.create(), model: tinyModel(), loss: crossEntropy() },
    optimizer: adamW({ learningRate: 1e-2 }),
    data: arrayDataset(tinyBatches(6, 2, { length: 4 }), { repeat: true }),
    gradientAccumulationSteps: 2,
    outerSteps: 3,
    ...options,
  });

async function losses(trainer: Trainer, maxIters: number): Promise<number[]> {
  const list: number[] = [];
  for await (const { loss } of trainer.fit({ maxIters })) list.push(loss);
  return list;
}

/** A run on several ranks: its losses, the same on all, and its checkpoint. */
async function train(size: number, maxIters: number, options: () => Options = () => ({}), from?: Checkpoint) {
  const runs = await onRanks(size, async (communicator) => {
    const trainer = await open({ communicator, ...options() });
    if (from) await trainer.restore(from);
    const list = await losses(trainer, maxIters);
    const held = await (await trainer.parameters()).read();
    return { list, held, checkpoint: await trainer.checkpoint() };
  });
  for (const { list } of runs) expect(list).toEqual(runs[0]!.list);
  return { ...runs[0]!, held: runs.map(({ held }) => held) };
}

const largestDifference = (a: HostTensors, b: HostTensors) =>
  Math.max(
    ...Object.entries(a).map(([name, { data }]) =>
      Math.max(...Array.from(data, (value, i) => Math.abs(value - b[name]!.data[i]!))),
    ),
  );

test('outer steps are those of torch.optim.SGD with Nesterov momentum', async () => {
  interface Case {
    readonly learningRate: number;
    readonly momentum: number;
    readonly initial: number[];
    readonly workers: number[][][];
    readonly after: number[][];
  }
  const { initial, workers, after, ...options } = await loadCase<Case>(fixtures, 'outer_steps');
  const outer = new OuterOptimizer([{ shape: [5], dtype: 'f32' }], options);
  outer.begin([Float32Array.from(initial)]);
  workers.forEach((round, i) => {
    const gradients = round.map((values) => Float32Array.from(values));
    for (const gradient of gradients) outer.subtract([gradient]);
    const mean = gradients[0]!.map(
      (_, k) => gradients.reduce((sum, gradient) => sum + gradient[k]!, 0) / gradients.length,
    );
    outer.step([mean]);
    mean.forEach((value, k) => expect(Math.abs(value - after[i]![k]!)).toBeLessThan(1e-6));
  });
});

test('a round of one step, with an outer step that is none, averages parameters: with SGD, gradients', async () => {
  // With as many targets on each rank, the mean of the ranks' gradients is the gradient of all.
  const all = tinyBatches(6, 2);
  all['lossMask']!.data.fill(1);
  const options = (local: Options) => () => ({
    ...{ data: arrayDataset(all, { repeat: true }), optimizer: sgd({ learningRate: 0.5 }), gradClip: 0 },
    ...{ outerLearningRate: 1, outerMomentum: 0 },
    ...local,
  });
  const averaged = await train(2, 6, options({ outerSteps: 1 }));
  const summed = await train(2, 6, options({ outerSteps: 0 }));
  averaged.list.forEach((loss, i) => expect(Math.abs(loss - summed.list[i]!)).toBeLessThan(1e-6));
  expect(largestDifference(averaged.held[0]!, summed.held[0]!)).toBeLessThan(1e-6);
});

test('ranks go apart within a round, and are the same to the bit after it', async () => {
  const within = await train(2, 5);
  expect(largestDifference(within.held[0]!, within.held[1]!)).toBeGreaterThan(1e-4);
  const after = await train(2, 6);
  expect(after.held[1]).toEqual(after.held[0]);
});

test('the loss falls', async () => {
  const { list } = await train(2, 24);
  expect(list.at(-1)!).toBeLessThan(list[0]! - 0.3);
});

test.each([
  ['after a round', 6],
  ['within a round', 4],
])('a run that is resumed %s is the unbroken one to the bit', async (_, steps) => {
  const unbroken = await train(2, 9);
  const begun = await train(2, steps);
  const resumed = await train(2, 9, undefined, begun.checkpoint);
  expect([...begun.list, ...resumed.list]).toEqual(unbroken.list);
  expect(resumed.held).toEqual(unbroken.held);
});

test('a checkpoint has the tensors of each rank, those of rank 0 under their own names', async () => {
  const { optimizer } = (await train(3, 3, () => ({ gradientAccumulationSteps: 3 }))).checkpoint;
  const wte = Object.keys(optimizer).filter((name) => name.endsWith('exp_avg.transformer.wte.weight'));
  expect(wte).toEqual(['', 'worker.1.', 'worker.2.'].map((by) => `${by}exp_avg.transformer.wte.weight`));
  expect(optimizer['outer.momentum.transformer.wte.weight']?.shape).toEqual([13, 8]);
  expect(Object.keys(optimizer).some((name) => name.startsWith('outer.parameter.'))).toBe(false);
});

test('another number of ranks goes on, and so do one process and ranks that add up gradients', async () => {
  const { checkpoint } = await train(2, 4);
  const three = await train(3, 9, () => ({ gradientAccumulationSteps: 3 }), checkpoint);
  expect(three.list).toHaveLength(5);
  expect(three.held[2]).toEqual(three.held[0]);
  const summed = await train(
    2,
    6,
    () => ({ outerSteps: 0 }),
    three.checkpoint.step === 9 ? checkpoint : undefined,
  );
  const alone = await open();
  await alone.restore(checkpoint);
  const list = await losses(alone, 6);
  expect(list).toEqual(summed.list);
});

test('a checkpoint that lacks tensors of a rank is refused', async () => {
  const { checkpoint } = await train(2, 3);
  const { 'worker.1.exp_avg.transformer.wte.weight': _left, ...optimizer } = checkpoint.optimizer;
  await expect(train(2, 6, undefined, { ...checkpoint, optimizer })).rejects.toMatchObject({
    code: 'CHECKPOINT_MISMATCH',
    message: expect.stringContaining('worker.1.exp_avg.transformer.wte.weight is missing') as string,
  });
});

test('a rank whose rows have no target waits; a step that none can take is an error', async () => {
  const masked = (from: number) => () => {
    const fields = tinyBatches(2, 2);
    fields['lossMask']!.data.fill(0, from);
    return { data: arrayDataset(fields, { repeat: true }) };
  };
  expect((await train(2, 3, masked(16))).list).toHaveLength(3);
  await expect(train(2, 3, masked(0))).rejects.toMatchObject({ code: 'NO_TARGETS' });
});

test('a step that one rank cannot take is taken by none', async () => {
  const { parameters } = await (await open()).checkpoint();
  const errors: unknown[] = [];
  const held = await onRanks(2, async (communicator) => {
    const trainer = await open({ communicator });
    await losses(trainer, 1);
    const state = await trainer.parameters();
    const before = await state.read();
    const name = 'transformer.ln_f.weight';
    const spoiled = hostTensor('f32', parameters[name]!.shape, before[name]!.data.slice() as Float32Array);
    spoiled.data[0] = NaN;
    if (communicator.rank === 1) await state.write({ [name]: spoiled });
    await losses(trainer, 2).catch((error: unknown) => errors.push(error));
    return { before, after: await state.read() };
  });
  expect(errors).toMatchObject([{ code: 'NON_FINITE' }, { code: 'NON_FINITE' }]);
  expect(String(errors[0])).toContain('rank 1: transformer.ln_f.weight');
  expect(held[0]!.after).toEqual(held[0]!.before);
});
