import { backend as reference } from '@attune/backend-reference';
import { sizeOf, type Backend, type Checkpoint, type Communicator } from '@attune/core';
import { adamW, crossEntropy } from '@attune/nn';
import { Trainer, type TrainerOptions } from '../index.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { onRanks } from '../testing/on-ranks.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import { assignOwners } from './owners.js';

const open = (backend: Backend, options: Partial<TrainerOptions> = {}) =>
  new Trainer({
    ...{ backend, model: tinyModel(), loss: crossEntropy(), optimizer: adamW({ learningRate: 1e-2 }) },
    data: arrayDataset(tinyBatches(6, 2, { length: 4 }), { repeat: true }),
    gradientAccumulationSteps: 3,
    ...options,
  });

async function losses(trainer: Trainer, maxIters: number): Promise<number[]> {
  const list: number[] = [];
  for await (const { loss } of trainer.fit({ maxIters })) list.push(loss);
  return list;
}

interface Run {
  readonly size: number;
  readonly maxIters: number;
  readonly from?: Checkpoint;
  readonly options?: Partial<TrainerOptions>;
}

/** A run on several ranks: the losses, the checkpoint, and the bytes on each. */
async function train({ size, maxIters, from, options }: Run) {
  const runs = await onRanks(size, async (communicator: Communicator) => {
    const backend = await reference.create();
    const trainer = open(backend, { communicator, shardOptimizer: true, ...options });
    if (from) await trainer.restore(from);
    const list = await losses(trainer, maxIters);
    return { list, checkpoint: await trainer.checkpoint(), bytes: backend.memory().bytes };
  });
  for (const { list } of runs) expect(list).toEqual(runs[0]!.list);
  return { ...runs[0]!, bytes: runs.map(({ bytes }) => bytes) };
}

test.each([2, 3])('%i ranks with an optimizer in parts do what they do with a whole one', async (size) => {
  const whole = await train({ size, maxIters: 10, options: { shardOptimizer: false } });
  const parts = await train({ size, maxIters: 10 });
  // On the reference backend to the bit: each number is computed by the same op from the same numbers.
  expect(parts.list).toEqual(whole.list);
  expect(parts.checkpoint).toEqual(whole.checkpoint);
  // Two moments of each parameter, of which each rank holds about its share.
  const moments = Object.values(whole.checkpoint.optimizer).reduce(
    (sum, { data }) => sum + data.byteLength,
    0,
  );
  parts.bytes.forEach((bytes, rank) => {
    const saved = whole.bytes[rank]! - bytes;
    expect(saved / moments).toBeGreaterThan(0.9 * (1 - 1 / size));
  });
});

test('a checkpoint is resumed without shards, with others, and in one process', async () => {
  const unbroken = await losses(open(await reference.create()), 8);
  const { list, checkpoint } = await train({ size: 2, maxIters: 3 });
  const whole = await train({ size: 2, maxIters: 5, from: checkpoint, options: { shardOptimizer: false } });
  const parts = await train({ size: 3, maxIters: 7, from: whole.checkpoint });
  const alone = open(await reference.create(), { shardOptimizer: true });
  await alone.restore(parts.checkpoint);
  const all = [...list, ...whole.list, ...parts.list, ...(await losses(alone, 8))];
  all.forEach((loss, i) => expect(Math.abs(loss - unbroken[i]!)).toBeLessThan(1e-6));
  expect(all).toHaveLength(8);
});

test('a step that is not accepted changes nothing on any rank', async () => {
  const options = () => ({ optimizer: adamW({ learningRate: (i) => (i === 1 ? 1e38 : 1e-3) }) });
  const errors: unknown[] = [];
  const held = await onRanks(2, async (communicator) => {
    const trainer = open(await reference.create(), { ...options(), communicator, shardOptimizer: true });
    await losses(trainer, 2);
    const before = await (await trainer.parameters()).read();
    await losses(trainer, 3).catch((error: unknown) => errors.push(error));
    return { before, after: await (await trainer.parameters()).read() };
  });
  expect(errors).toMatchObject([{ code: 'NON_FINITE' }, { code: 'NON_FINITE' }]);
  for (const { before, after } of held) expect(after).toEqual(before);
});

test('more ranks than parameters: some own nothing', async () => {
  const model = () => {
    const tiny = tinyModel();
    for (const parameter of tiny.parameters) parameter.trainable = parameter.name.endsWith('mlp.c_fc.weight');
    return tiny;
  };
  const options = (shardOptimizer: boolean) => ({ model: model(), shardOptimizer });
  const whole = await train({ size: 3, maxIters: 2, options: options(false) });
  const parts = await train({ size: 3, maxIters: 2, options: options(true) });
  expect(parts.list).toEqual(whole.list);
});

test('parameters are dealt out evenly', () => {
  const { parameters } = tinyModel({ nLayer: 3 });
  const owners = assignOwners(parameters, 3);
  const loads = [0, 0, 0];
  for (const { name, shape } of parameters) loads[owners.get(name)!]! += sizeOf(shape);
  const total = loads.reduce((sum, load) => sum + load, 0);
  for (const load of loads) expect(Math.abs(load - total / 3)).toBeLessThan(0.02 * total);
});

test('shards and local steps exclude each other', async () => {
  const backend = await reference.create();
  expect(() => open(backend, { shardOptimizer: true, outerSteps: 2 })).toThrow(/exclude each other/);
});
