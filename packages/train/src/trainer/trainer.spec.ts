import { backend as reference } from '@attune/backend-reference';
import {
  hostTensor,
  isAttuneError,
  type Backend,
  type Dataset,
  type HostTensor,
  type HostTensors,
  type StepMetrics,
} from '@attune/core';
import { adamW, applyLora, crossEntropy } from '@attune/nn';
import { arrayDataset } from '../testing/array-dataset.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import type { TrainerOptions } from './options.js';
import { Trainer } from './trainer.js';

let backend: Backend;
beforeEach(async () => {
  backend = await reference.create();
});

function trainer(options: Partial<TrainerOptions> = {}): Trainer {
  return new Trainer({
    backend,
    model: tinyModel(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate: 1e-2 }),
    data: arrayDataset(tinyBatches(4, 2), { repeat: true }),
    ...options,
  });
}

async function steps(run: Trainer, maxIters: number): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for await (const step of run.fit({ maxIters })) metrics.push(step);
  return metrics;
}

const losses = (metrics: StepMetrics[]) => metrics.map(({ loss }) => loss);

/** The same tokens, as `batches` batches: `[b, r, T] → [batches, b · r / batches, T]`. */
function regroup(fields: HostTensors, batches: number): HostTensors {
  return Object.fromEntries(
    Object.entries(fields).map(
      ([
        name,
        {
          dtype,
          data,
          shape: [b, r, length],
        },
      ]) => [name, hostTensor(dtype, [batches, (b! * r!) / batches, length!], data)],
    ),
  );
}

test('learns: the loss of data seen again and again falls', async () => {
  const metrics = await steps(trainer(), 60);
  expect(metrics[0]!.loss).toBeGreaterThan(2.4);
  expect(metrics.at(-1)!.loss).toBeLessThan(1.5);
});

test('metrics count steps, epochs and tokens', async () => {
  const metrics = await steps(trainer(), 3);
  const mask = tinyBatches(4, 2)['lossMask']!.data as Float32Array;
  const firstThree = mask.slice(0, 3 * 2 * 8).reduce((sum, value) => sum + value, 0);
  expect(metrics.map(({ step, epoch }) => [step, epoch])).toEqual([
    [1, 0.25],
    [2, 0.5],
    [3, 0.75],
  ]);
  expect(metrics[2]!.tokens).toBe(firstThree);
});

test('eight micro-batches of one row are one batch of eight rows, though their masks differ in length', async () => {
  const fields = tinyBatches(3, 8);
  const whole = await steps(trainer({ data: arrayDataset(fields) }), 3);
  const split = await steps(
    trainer({ data: arrayDataset(regroup(fields, 24)), gradientAccumulationSteps: 8 }),
    3,
  );
  split.forEach((step, i) => {
    expect(Math.abs(step.loss - whole[i]!.loss)).toBeLessThan(1e-6);
    expect(Math.abs(step.gradNorm - whole[i]!.gradNorm)).toBeLessThan(1e-6);
    expect(step.tokens).toBe(whole[i]!.tokens);
  });
});

test.each([
  ['with dropout', { model: tinyModel({ dropout: 0.2 }) }],
  ['with accumulation', { gradientAccumulationSteps: 3 }],
])('a run restored from a checkpoint goes on bit for bit, %s', async (_, options) => {
  const unbroken = losses(await steps(trainer(options), 6));
  const first = trainer(options);
  const begin = losses(await steps(first, 3));
  const checkpoint = JSON.parse(JSON.stringify(await first.checkpoint(), typed), revive) as Awaited<
    ReturnType<Trainer['checkpoint']>
  >;
  const second = trainer({ ...options, seed: 99, data: arrayDataset(tinyBatches(4, 2), { repeat: true }) });
  await second.restore(checkpoint);
  expect([...begin, ...losses(await steps(second, 6))]).toEqual(unbroken);
});

test.each([1, 3])(
  'a token or target that the model has not is refused, in steps of %d batches',
  async (count) => {
    const accumulates = { gradientAccumulationSteps: count };
    const good = tinyBatches(3, 2);
    for (const [field, id] of Object.entries({ x: 13, y: -1 })) {
      const tokens = Int32Array.from(good[field]!.data);
      // In the second batch of three.
      tokens[20] = id;
      const bad = { ...good, [field]: hostTensor('i32', good[field]!.shape, tokens) };
      const data = arrayDataset(bad, { repeat: true });
      const subject = trainer({ ...accumulates, data });
      await expect(steps(subject, 3)).rejects.toMatchObject({ code: 'TOKEN_OUT_OF_RANGE' });
      const done = (await subject.checkpoint()).step;
      expect(done).toBe(count === 1 ? 1 : 0);

      // What had been added up of the step is forgotten.
      tokens.set(good[field]!.data);
      data.restore({ position: done });
      const rest = losses(await steps(subject, 4));
      expect(rest).toEqual(
        losses(await steps(trainer({ ...accumulates, data: arrayDataset(good, { repeat: true }) }), 4)).slice(
          done,
        ),
      );
    }
  },
);

test('dropout masks differ from step to step and from seed to seed', async () => {
  const data = () => arrayDataset(tinyBatches(1, 2), { repeat: true });
  const run = (seed: number) => {
    const still = { optimizer: adamW({ learningRate: 0 }), model: tinyModel({ dropout: 0.5 }) };
    const subject = trainer({ ...still, data: data(), seed });
    return subject.loadParameters(parameters).then(() => steps(subject, 2));
  };
  const { parameters } = await trainer({ model: tinyModel() }).checkpoint();
  const [a, b] = [losses(await run(1)), losses(await run(2))];
  expect(a[0]).not.toBe(a[1]);
  expect(a[0]).not.toBe(b[0]);
});

test('evaluation drops nothing, builds no gradient and leaves the run as it was', async () => {
  const options = { model: tinyModel({ dropout: 0.5 }) };
  const plain = losses(await steps(trainer(options), 4));
  const evaluated = trainer(options);
  const begin = losses(await steps(evaluated, 2));
  const first = await evaluated.evaluate(arrayDataset(tinyBatches(4, 2, { seed: 8 })));
  const second = await evaluated.evaluate(arrayDataset(tinyBatches(4, 2, { seed: 8 })));
  expect(second).toEqual(first);
  expect(first.perplexity).toBeCloseTo(Math.exp(first.loss), 12);
  expect([...begin, ...losses(await steps(evaluated, 4))]).toEqual(plain);
});

test('evaluation weighs tokens, not batches', async () => {
  const fields = tinyBatches(4, 2, { seed: 8 });
  const subject = trainer();
  const batchwise = await subject.evaluate(arrayDataset(fields));
  const whole = await subject.evaluate(arrayDataset(regroup(fields, 1)));
  expect(batchwise.tokens).toBe(whole.tokens);
  expect(batchwise.loss).toBeCloseTo(whole.loss, 6);
});

test('frozen parameters stay, and have no optimizer state', async () => {
  const model = tinyModel();
  for (const parameter of model.parameters) parameter.trainable = parameter.name.includes('.mlp.');
  const subject = trainer({ model });
  const before = (await subject.checkpoint()).parameters;
  await steps(subject, 2);
  const { parameters, optimizer } = await subject.checkpoint();
  const changed = Object.keys(before).filter(
    (name) => String(before[name]!.data) !== String(parameters[name]!.data),
  );
  expect(changed.every((name) => name.includes('.mlp.'))).toBe(true);
  expect(changed).toHaveLength(4);
  expect(Object.keys(optimizer)).toHaveLength(8);
});

test('ends with the data: a step that cannot be filled is not taken', async () => {
  const data = arrayDataset(tinyBatches(5, 2));
  const subject = trainer({ data, gradientAccumulationSteps: 2 });
  expect(await steps(subject, 100)).toHaveLength(2);
  expect(subject.stopReason).toBe('dataEnded');
});

test('a step that a failure of the data breaks off leaves nothing behind: it can be done again', async () => {
  const options = { gradientAccumulationSteps: 3, model: tinyModel({ dropout: 0.1 }) };
  const unbroken = losses(await steps(trainer(options), 4));
  const data = arrayDataset(tinyBatches(4, 2), { repeat: true });
  let reads = 0;
  const failing: Dataset = {
    ...data,
    async *[Symbol.asyncIterator]() {
      for await (const batch of data) {
        if (++reads === 5) throw new Error('The file is gone.');
        yield batch;
      }
    },
  };
  const subject = trainer({ ...options, model: tinyModel({ dropout: 0.1 }), data: failing });
  await expect(steps(subject, 4)).rejects.toThrow('The file is gone.');
  const checkpoint = await subject.checkpoint();
  expect(checkpoint).toMatchObject({ step: 1, data: { position: 3 } });
  expect(losses(await steps(subject, 4))).toEqual(unbroken.slice(1));
});

test('of the batches of a step, no more than two are under way', async () => {
  const compile = backend.compile.bind(backend);
  let [running, most] = [0, 0];
  backend.compile = async (program, state) => {
    const executable = await compile(program, state);
    const run = executable.run.bind(executable);
    if (program.name === 'accumulate') {
      executable.run = (feeds) => {
        most = Math.max(most, ++running);
        return run(feeds).finally(() => running--);
      };
    }
    return executable;
  };
  await steps(trainer({ gradientAccumulationSteps: 6 }), 2);
  expect(most).toBe(2);
});

test('a signal ends it after the step in progress', async () => {
  const signal = { aborted: false };
  const seen: number[] = [];
  for await (const { step } of trainer().fit({ maxIters: 100, signal })) {
    seen.push(step);
    signal.aborted = step === 2;
  }
  expect(seen).toEqual([1, 2]);
});

test('stops at a NaN, and names the step', async () => {
  const subject = trainer({ optimizer: adamW({ learningRate: (i) => (i === 2 ? 1e38 : 1e-3) }) });
  const seen: number[] = [];
  const run = async () => {
    for await (const { step } of subject.fit({ maxIters: 10 })) seen.push(step);
  };
  await expect(run()).rejects.toMatchObject({
    code: 'NON_FINITE',
    message: expect.stringContaining('Step 4') as string,
  });
  expect(seen).toEqual([1, 2, 3]);
});

test('a batch without targets is an error, and does not spoil the parameters', async () => {
  const fields = tinyBatches(1, 2);
  const data = arrayDataset({ ...fields, lossMask: { ...fields['lossMask']!, data: new Float32Array(16) } });
  const subject = trainer({ data });
  await expect(steps(subject, 1)).rejects.toMatchObject({ code: 'NO_TARGETS' });
  const { parameters } = await subject.checkpoint();
  expect(Object.values(parameters).every(({ data: values }) => values.every(Number.isFinite))).toBe(true);
});

test('weights of another model are refused, each named', async () => {
  const { parameters } = await trainer({ model: tinyModel({ nEmbd: 4 }) }).checkpoint();
  const error = await trainer()
    .loadParameters(parameters)
    .catch((reason: unknown) => reason);
  expect(isAttuneError(error, 'CHECKPOINT_MISMATCH')).toBe(true);
  expect(String(error)).toContain('transformer.wte.weight is f32[13, 4] instead of f32[13, 8]');
});

test('memory stays flat from step to step, and dispose gives all of it back', async () => {
  const subject = trainer();
  await steps(subject, 1);
  const after1 = backend.memory();
  await steps(subject, 20);
  expect(backend.memory()).toEqual(after1);
  await subject.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
});

test('the error of a NaN names the first tensor that went bad, and the parameters are as before the step', async () => {
  const subject = trainer();
  await steps(subject, 2);
  const { parameters } = await subject.checkpoint();
  const name = 'transformer.h.0.mlp.c_fc.weight';
  const spoiled = {
    ...parameters[name]!,
    data: parameters[name]!.data.slice().fill(NaN, 5, 6) as Float32Array,
  };
  await subject.loadParameters({ ...parameters, [name]: spoiled });
  await expect(steps(subject, 3)).rejects.toThrow(`${name} has a value that is NaN or infinite`);
  const after = (await subject.checkpoint()).parameters;
  expect(after['transformer.wte.weight']).toEqual(parameters['transformer.wte.weight']);
});

describe('loss spikes', () => {
  /** Twenty-five batches alike, then one of which nothing has been learnt. */
  function withSpike(lossSpike: TrainerOptions['lossSpike']): Trainer {
    const usual = tinyBatches(1, 2);
    const unusual = tinyBatches(1, 2, { seed: 77 });
    const fields = Object.fromEntries(
      Object.entries(usual).map(([name, { data, dtype, shape }]) => {
        const all = [
          ...Array.from({ length: 25 }, () => [...data]),
          [...unusual[name]!.data],
          [...data],
        ].flat();
        return [name, hostTensor(dtype, [27, ...shape.slice(1)], all)];
      }),
    );
    return trainer({ data: arrayDataset(fields), lossSpike });
  }

  test('stop the run, naming the step', async () => {
    await expect(steps(withSpike({ zScore: 2 }), 27)).rejects.toMatchObject({
      code: 'LOSS_SPIKE',
      data: { step: 26 },
    });
  });

  test('or are skipped: nothing is learnt from them, and the run goes on', async () => {
    const metrics = await steps(withSpike({ zScore: 2, action: 'skip' }), 27);
    expect(metrics.filter(({ skipped }) => skipped).map(({ step }) => step)).toEqual([26]);
    expect(metrics[26]!.loss).toBeLessThan(metrics[24]!.loss + 0.01);
  });
});

test.each([
  [{ maxIters: 3 }, 3, 'maxIters'],
  [{ maxEpochs: 1.5 }, 6, 'maxEpochs'],
  [{ maxTokens: 1 }, 1, 'maxTokens'],
  [{ maxSeconds: 0 }, 0, 'maxSeconds'],
  [{ targetLoss: 100 }, 1, 'targetLoss'],
  [{ maxIters: 9, signal: { aborted: true } }, 0, 'signal'],
] as const)('stops at %j', async (options, count, reason) => {
  const subject = trainer();
  let done = 0;
  for await (const { step } of subject.fit(options)) done = step;
  expect([done, subject.stopReason]).toEqual([count, reason]);
});

/** A checkpoint survives JSON with its typed arrays: what a file does to it. */
function typed(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? { [value.constructor.name]: [...(value as Float32Array)] } : value;
}
function revive(_key: string, value: { Float32Array?: number[] } | null): unknown {
  return value?.Float32Array ? Float32Array.from(value.Float32Array) : value;
}

test.each([1, 5, 100])('the loss is the same with the logits of %i tokens at once', async (chunkTokens) => {
  const whole = losses(await steps(trainer(), 4));
  const chunked = losses(await steps(trainer({ loss: crossEntropy({ chunkTokens }) }), 4));
  chunked.forEach((loss, i) => expect(loss).toBeCloseTo(whole[i]!, 5));
});

test('the losses are the same where blocks are computed again, dropout and all', async () => {
  const model = () => tinyModel({ nLayer: 2, dropout: 0.2 });
  const kept = losses(await steps(trainer({ model: model() }), 4));
  expect(losses(await steps(trainer({ model: model(), gradientCheckpointing: true }), 4))).toEqual(kept);
});

describe('batches of several shapes', () => {
  /** The same rows, padded to other lengths: masked tokens change nothing. */
  function padded(lengths: readonly number[]): Dataset {
    const { x, y, lossMask } = tinyBatches(1, 2, { length: 4 });
    const widen = (tensor: HostTensor, length: number) => {
      const data = tensor.dtype === 'f32' ? new Float32Array(2 * length) : new Int32Array(2 * length);
      for (let row = 0; row < 2; row++) data.set(tensor.data.subarray(row * 4, row * 4 + 4), row * length);
      return hostTensor(tensor.dtype, [2, length], data);
    };
    const batchOf = (length: number) => ({
      x: widen(x!, length),
      y: widen(y!, length),
      lossMask: widen(lossMask!, length),
    });
    return {
      spec: batchOf(8),
      state: () => ({}),
      restore: () => undefined,
      async *[Symbol.asyncIterator]() {
        for (const length of lengths) yield batchOf(length);
      },
    };
  }

  test('give the same losses as if all were of the largest', async () => {
    const varied = await steps(trainer({ data: padded([4, 8, 6, 4]) }), 4);
    const fixed = await steps(trainer({ data: padded([8, 8, 8, 8]) }), 4);
    losses(varied).forEach((loss, i) => expect(loss).toBeCloseTo(losses(fixed)[i]!, 6));
  });

  test('each shape is compiled once', async () => {
    const compile = backend.compile.bind(backend);
    let compiled = 0;
    backend.compile = (...args) => {
      compiled += 1;
      return compile(...args);
    };
    await steps(trainer({ data: padded([4, 8, 4, 8, 4]) }), 5);
    expect(compiled).toBe(2);
  });
});

describe('pretrained weights', () => {
  test('stand where there are any, and what is new begins as it is initialised', async () => {
    const source = trainer();
    await steps(source, 3);
    const { parameters } = await source.checkpoint();
    const { 'transformer.ln_f.weight': norm, ...rest } = parameters;
    const next = trainer({ weights: async () => rest, seed: 5 });
    const begun = (await next.checkpoint()).parameters;
    expect({ ...begun, 'transformer.ln_f.weight': norm }).toEqual(parameters);
    expect(new Set(begun['transformer.ln_f.weight']!.data)).toEqual(new Set([1]));
  });

  test('of another shape are refused, and the device holds nothing', async () => {
    const before = backend.memory();
    const foreign = { 'transformer.ln_f.weight': hostTensor('f32', [2], [1, 2]) };
    await expect(trainer({ weights: async () => foreign }).checkpoint()).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
    });
    expect(backend.memory()).toEqual(before);
  });
});

describe('adapters', () => {
  test('train the factors alone: no optimizer tensors, no change of what is frozen', async () => {
    const model = tinyModel();
    applyLora(model, { targetModules: ['c_attn'], rank: 2 });
    const run = trainer({ model });
    const before = await run.checkpoint();
    const metrics = await steps(run, 30);
    const after = await run.checkpoint();
    expect(metrics.at(-1)!.loss).toBeLessThan(metrics[0]!.loss);
    const factors = ['lora_A', 'lora_B'].map((name) => `transformer.h.0.attn.c_attn.${name}.weight`);
    expect(Object.keys(after.optimizer).sort()).toEqual(
      ['exp_avg', 'exp_avg_sq'].flatMap((slot) => factors.map((name) => `${slot}.${name}`)),
    );
    const changed = Object.keys(after.parameters).filter(
      (name) => String(after.parameters[name]!.data) !== String(before.parameters[name]!.data),
    );
    expect(changed.sort()).toEqual(factors);
  });

  test('go on from a checkpoint of what is trained, over the same weights', async () => {
    const base = (await trainer().checkpoint()).parameters;
    const begin = () => {
      const model = tinyModel({ dropout: 0.1 });
      applyLora(model, { targetModules: ['c_attn'], rank: 2, dropout: 0.1 });
      return trainer({ model, weights: async () => base });
    };
    const whole = losses(await steps(begin(), 6));
    const first = begin();
    await steps(first, 3);
    const taken = await first.checkpoint({ frozen: false });
    expect(Object.keys(taken.parameters).every((name) => name.includes('lora_'))).toBe(true);
    const second = begin();
    await second.restore(taken);
    expect(losses(await steps(second, 6))).toEqual(whole.slice(3));
    const { [Object.keys(taken.parameters)[0]!]: _, ...incomplete } = taken.parameters;
    await expect(begin().restore({ ...taken, parameters: incomplete })).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
    });
  });
});
