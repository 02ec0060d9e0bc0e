import { backend as reference } from '@attune/backend-reference';
import { hostTensor, type Communicator, type HostTensors, type StepMetrics } from '@attune/core';
import { adamW, crossEntropy } from '@attune/nn';
import { Trainer, type TrainerOptions } from '../index.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { onRanks } from '../testing/on-ranks.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import { withoutViews } from '../testing/without-views.js';

type Options = Partial<TrainerOptions>;

async function trainer(options: Options): Promise<Trainer> {
  return new Trainer({
    backend: await reference.create(),
    model: tinyModel(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate: 1e-2 }),
    // Masks make the counts of targets very unequal.
    data: arrayDataset(tinyBatches(6, 3, { length: 4 }), { repeat: true }),
    ...options,
  });
}

async function steps(run: Trainer, maxIters: number): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for await (const step of run.fit({ maxIters })) metrics.push(step);
  return metrics;
}

const losses = (metrics: StepMetrics[]) => metrics.map(({ loss }) => loss);

/** The losses of a run in one process, and of one on several ranks, all of which have to tell the same. */
async function compare(size: number, maxIters: number, options: () => Options) {
  const alone = losses(await steps(await trainer(options()), maxIters));
  const [first, ...others] = await onRanks(size, async (communicator) =>
    losses(await steps(await trainer({ ...options(), communicator }), maxIters)),
  );
  for (const other of others) expect(other).toEqual(first);
  return { alone, shared: first! };
}

/** Expects losses that are the same to 1e-6. */
function expectClose(shared: number[], alone: number[]): void {
  expect(shared).toHaveLength(alone.length);
  shared.forEach((loss, i) => expect(Math.abs(loss - alone[i]!)).toBeLessThan(1e-6));
}

test.each([
  ['micro-batches are shared by 2 ranks', 2, 4],
  ['5 micro-batches are shared by 3', 3, 5],
  ['the rows of one batch are shared by 2', 2, 1],
  ['the rows of 2 micro-batches are shared by 3', 3, 2],
])('the losses are those of one process: %s', async (_, size, gradientAccumulationSteps) => {
  const { alone, shared } = await compare(size, 20, () => ({ gradientAccumulationSteps }));
  expectClose(shared, alone);
});

test('a run whose ranks have one micro-batch each is that of one process to the bit, dropout and all', async () => {
  const options = () => ({ gradientAccumulationSteps: 3, model: tinyModel({ dropout: 0.2 }) });
  const { alone, shared } = await compare(3, 6, options);
  expect(shared).toEqual(alone);
});

test('dropout is the same on any number of ranks, and a run the same to the bit as itself', async () => {
  const options = () => ({ gradientAccumulationSteps: 4, model: tinyModel({ dropout: 0.2 }) });
  const { alone, shared } = await compare(2, 8, options);
  expectClose(shared, alone);
  expect((await compare(2, 8, options)).shared).toEqual(shared);
});

test('parts of one micro-batch have dropout masks of their own', async () => {
  // The same row three times: with the same mask, each part would have the same loss as the whole.
  const row = tinyBatches(1, 1);
  const fields = Object.fromEntries(
    Object.entries(row).map(([name, { dtype, data }]) => [
      name,
      hostTensor(dtype, [1, 2, 8], [...data, ...data]),
    ]),
  );
  const options = (count: number) => ({
    model: tinyModel({ dropout: 0.5 }),
    data: arrayDataset(count === 2 ? fields : row, { repeat: true }),
  });
  const one = losses(await steps(await trainer(options(1)), 1));
  const [two] = await onRanks(2, async (communicator) =>
    losses(await steps(await trainer({ ...options(2), communicator }), 1)),
  );
  expect(two).not.toEqual(one);
});

test('all ranks begin with the parameters of rank 0', async () => {
  const { parameters } = await (await trainer({ seed: 5 })).checkpoint();
  const runs = await onRanks(2, async (communicator) => {
    const run = await trainer({ gradientAccumulationSteps: 2, communicator });
    if (communicator.rank === 0) await run.loadParameters(parameters);
    const losses_ = losses(await steps(run, 1));
    return { losses_, held: await (await run.parameters()).read() };
  });
  expect(runs[1]).toEqual(runs[0]);
});

test('a checkpoint is resumed on another number of ranks, and given to rank 0 alone', async () => {
  const options = () => ({
    gradientAccumulationSteps: 6,
    data: arrayDataset(tinyBatches(18, 2), { repeat: true }),
  });
  const unbroken = losses(await steps(await trainer(options()), 12));
  const [checkpoint, other] = await onRanks(2, async (communicator) => {
    const run = await trainer({ ...options(), communicator });
    await steps(run, 4);
    return run.checkpoint();
  });
  expect(other).toEqual({ ...checkpoint, parameters: {}, optimizer: {} });
  const [next] = await onRanks(3, async (communicator) => {
    const run = await trainer({ ...options(), seed: 99, communicator });
    await run.restore(communicator.rank === 0 ? checkpoint! : other!);
    const metrics = await steps(run, 8);
    return { metrics, checkpoint: await run.checkpoint() };
  });
  const last = await trainer(options());
  await last.restore(next!.checkpoint);
  expectClose([...losses(next!.metrics), ...losses(await steps(last, 12))], unbroken.slice(4));
});

test('a spike is skipped on all ranks', async () => {
  const usual = tinyBatches(1, 2);
  const unusual = tinyBatches(1, 2, { seed: 77 });
  const fields: HostTensors = Object.fromEntries(
    Object.entries(usual).map(([name, { data, dtype, shape }]) => {
      const all = [
        ...Array.from({ length: 25 }, () => [...data]),
        [...unusual[name]!.data],
        [...data],
      ].flat();
      return [name, hostTensor(dtype, [27, ...shape.slice(1)], all)];
    }),
  );
  const options = () => ({ data: arrayDataset(fields), lossSpike: { zScore: 2, action: 'skip' as const } });
  const skippedOf = (metrics: StepMetrics[]) =>
    metrics.filter(({ skipped }) => skipped).map(({ step }) => step);
  const runs = await onRanks(2, async (communicator) =>
    skippedOf(await steps(await trainer({ ...options(), communicator }), 27)),
  );
  expect(runs).toEqual([[26], [26]]);
});

test('a step without targets on any rank is an error on all; one with targets on one rank is not', async () => {
  const options = (targets: number) => {
    const fields = tinyBatches(2, 2);
    const mask = fields['lossMask']!.data.fill(0);
    mask.fill(1, 0, targets);
    return { gradientAccumulationSteps: 2, data: arrayDataset(fields, { repeat: true }) };
  };
  const { alone, shared } = await compare(2, 2, () => options(3));
  expect(shared).toEqual(alone);
  await expect(compare(2, 1, () => options(0))).rejects.toMatchObject({ code: 'NO_TARGETS' });
});

test('a failure on one rank is thrown there, and ends the others when that gives up', async () => {
  const fields = tinyBatches(2, 2);
  fields['x']!.data[20] = 13;
  const codes: unknown[] = [];
  const run = onRanks(2, async (communicator) => {
    const data = arrayDataset(fields, { repeat: true });
    const subject = await trainer({ gradientAccumulationSteps: 2, data, communicator });
    return steps(subject, 1).catch((error: { code: string }) => {
      codes[communicator.rank] = error.code;
      throw error;
    });
  });
  await expect(run).rejects.toMatchObject({ code: 'TOKEN_OUT_OF_RANGE' });
  expect(codes).toEqual(['RANK_LOST', 'TOKEN_OUT_OF_RANGE']);
});

test.each<[string, Options]>([
  ['one optimizer', {}],
  ['an optimizer in parts', { shardOptimizer: true }],
  ['steps of their own', { outerSteps: 2 }],
])('ranks whose tensors have to be copied do the same: %s', async (_, options) => {
  const run = (hidden: boolean) =>
    onRanks(2, async (communicator) => {
      const backend = await reference.create();
      const subject = await trainer({
        ...options,
        backend: hidden ? withoutViews(backend) : backend,
        communicator,
      });
      const list = losses(await steps(subject, 3));
      const state = await subject.parameters();
      return { list, held: await state.read(), hasView: state.view !== undefined };
    });
  const [plain, hidden] = [await run(false), await run(true)];
  expect(hidden).toEqual(plain.map((rank) => ({ ...rank, hasView: false })));
  expect(plain[0]!.hasView).toBe(true);
});

describe('the end', () => {
  test('comes with the data on all ranks at once', async () => {
    const reasons = await onRanks(2, async (communicator) => {
      const data = arrayDataset(tinyBatches(5, 2));
      const run = await trainer({ data, gradientAccumulationSteps: 2, communicator });
      return [(await steps(run, 9)).length, run.stopReason];
    });
    expect(reasons).toEqual([
      [2, 'dataEnded'],
      [2, 'dataEnded'],
    ]);
  });

  test('that comes on one rank only is an error, and there is no checkpoint after it', async () => {
    const codes = await onRanks(2, async (communicator) => {
      const data = arrayDataset(tinyBatches(communicator.rank === 0 ? 5 : 3, 2));
      const run = await trainer({ data, gradientAccumulationSteps: 2, communicator });
      const code = (error: { code: string }) => error.code;
      return [await steps(run, 9).catch(code), await run.checkpoint().catch(code)];
    });
    expect(codes).toEqual([
      ['RANKS_DISAGREE', 'STATE_POISONED'],
      ['RANKS_DISAGREE', 'STATE_POISONED'],
    ]);
  });

  test('is decided by rank 0, and by a signal on any', async () => {
    const ends = await onRanks(2, async (communicator) => {
      const run = await trainer({ communicator });
      // Rank 1 has other conditions, which do not count.
      const seconds = { maxSeconds: communicator.rank === 0 ? 0 : 1000 };
      expect((await run.fit(seconds).next()).done).toBe(true);
      const first = run.stopReason;
      const signal = { aborted: false };
      for await (const { step } of run.fit({ maxIters: 100 - communicator.rank, signal })) {
        if (communicator.rank === 1 && step === 3) signal.aborted = true;
      }
      return [first, run.stopReason, (await run.checkpoint()).step];
    });
    expect(ends).toEqual([
      ['maxSeconds', 'signal', 3],
      ['maxSeconds', 'signal', 3],
    ]);
  });
});

describe('ranks that differ', () => {
  const differing = (change: (communicator: Communicator) => Options) =>
    onRanks(3, async (communicator) => steps(await trainer({ ...change(communicator), communicator }), 30));

  test.each<[string, Options]>([
    ['The random seed', { seed: 3 }],
    ['The optimizer', { optimizer: adamW({ learningRate: 1e-2, beta1: 0.8 }) }],
    ['An option of the trainer', { gradClip: 2 }],
    ['The model', { model: tinyModel({ nEmbd: 4 }) }],
  ])('in a setting are refused before the first step: %s', async (what, options) => {
    const run = differing(({ rank }) => (rank === 2 ? options : {}));
    await expect(run).rejects.toMatchObject({ code: 'RANKS_DISAGREE', data: { ranks: [2] } });
    await expect(differing(({ rank }) => (rank === 2 ? options : {}))).rejects.toThrow(what);
  });

  test('in a bit of a parameter are found within a round of all parameters', async () => {
    const run = onRanks(3, async (communicator) => {
      const subject = await trainer({ communicator });
      for await (const { step } of subject.fit({ maxIters: 60 })) {
        if (step > 1 || communicator.rank !== 1) continue;
        const state = await subject.parameters();
        const name = 'transformer.ln_f.weight';
        const held = await state.read([name]);
        held[name]!.data[0]! *= 1 + 2 ** -23;
        await state.write(held);
      }
    });
    await expect(run).rejects.toThrow(/the value of transformer\.ln_f\.weight differs .* rank 1 has/);
  });

  test('in their instruction sets are held together by rank 0', async () => {
    const held = await onRanks(2, async (communicator) => {
      const backend = await reference.create();
      const engine = { name: 'attune', version: '1', isa: communicator.rank === 0 ? 'avx2' : 'avx512' };
      Object.assign(backend, { device: { ...backend.device, engine } });
      const subject = await trainer({ communicator, backend });
      const count = tinyModel().parameters.length;
      for await (const { step } of subject.fit({ maxIters: count + 1 })) {
        if (step > 1 || communicator.rank !== 1) continue;
        const state = await subject.parameters();
        const tensors = await state.read(['transformer.ln_f.weight']);
        tensors['transformer.ln_f.weight']!.data[0]! *= 1 + 2 ** -23;
        await state.write(tensors);
      }
      return (await subject.parameters()).read(['transformer.ln_f.weight']);
    });
    // The rounding error is gone: the moments are the same on both.
    expect(held[1]).toEqual(held[0]);
  });
});

test('fewer rows than ranks are refused, with what to change', async () => {
  const data = arrayDataset(tinyBatches(2, 1), { repeat: true });
  await expect(
    onRanks(3, (communicator) => trainer({ data, gradientAccumulationSteps: 2, communicator })),
  ).rejects.toThrow(/2 rows .* 3 ranks .*\n?.*Use at most 2 ranks/s);
});
