import { backend as reference } from '@attune/backend-reference';
import { hostTensor, type Backend, type HostTensors, type State } from '@attune/core';
import { crossEntropy, sgd } from '@attune/nn';
import { allocateParameters } from '../trainer/parameters.js';
import { evaluateModel } from '../evaluation/evaluate-model.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import { Trainer } from '../trainer/trainer.js';
import { createGenerator, type GenerateOptions, type GeneratorOptions } from './generate.js';

const model = tinyModel();
let backend: Backend;
let state: State;
beforeEach(async () => {
  backend = await reference.create();
  state = await allocateParameters(backend, model, { seed: 4 });
});

async function continueText(
  prompt: number[],
  options: GenerateOptions,
  generatorOptions: Partial<GeneratorOptions> = {},
): Promise<number[]> {
  const generator = await createGenerator({ backend, model, state, ...generatorOptions });
  const tokens: number[] = [];
  for await (const token of generator.generate(prompt, options)) tokens.push(token);
  generator.dispose();
  return tokens;
}

test('the same seed gives the same text, another seed another', async () => {
  const run = (seed: number) => continueText([1, 2], { maxNewTokens: 12, seed });
  expect(await run(1)).toHaveLength(12);
  expect(await run(1)).toEqual(await run(1));
  expect(await run(1)).not.toEqual(await run(2));
});

test('only the last blockSize tokens are seen', async () => {
  const tail = [5, 6, 7, 8, 9, 10, 11, 12];
  const options = { maxNewTokens: 4, temperature: 0 };
  expect(await continueText([0, 1, 2, ...tail], options)).toEqual(await continueText(tail, options));
});

test('with the cache the tokens are those without it, also past blockSize', async () => {
  for (const prompt of [[3], [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]) {
    const options = { maxNewTokens: 14, seed: prompt.length };
    expect(await continueText(prompt, options)).toEqual(
      await continueText(prompt, options, { cache: false }),
    );
  }
});

describe('a generator that is used again', () => {
  const greedy = { maxNewTokens: 6, temperature: 0 };

  /** Initial weights are so small that hardly anything before the last token matters. */
  async function scaleWeights(factor: number): Promise<void> {
    const names = model.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
    const scaled = Object.entries(await state.read(names)).map(([name, { dtype, shape, data }]) => [
      name,
      hostTensor(
        dtype,
        shape,
        Array.from(data, (value) => factor * value),
      ),
    ]);
    await state.write(Object.fromEntries(scaled) as HostTensors);
  }
  beforeEach(() => scaleWeights(20));

  const collect = async (tokens: AsyncIterable<number>) => {
    const all: number[] = [];
    for await (const token of tokens) all.push(token);
    return all;
  };

  test('remembers nothing of the texts before, longer or shorter ones', async () => {
    const generator = await createGenerator({ backend, model, state });
    for (const prompt of [[9, 3, 7, 1, 2, 6], [1, 2, 3, 4], [8, 8, 1], [5], [4, 11]]) {
      const expected = await continueText(prompt, greedy, { cache: false });
      expect(await collect(generator.generate(prompt, greedy))).toEqual(expected);
    }
    generator.dispose();
  });

  test('reads the prompt anew where the parameters have changed', async () => {
    const generator = await createGenerator({ backend, model, state });
    await collect(generator.generate([9, 3, 7, 1], greedy));
    await scaleWeights(-0.5);
    const expected = await continueText([9, 3, 7, 1], greedy, { cache: false });
    expect(await collect(generator.generate([9, 3, 7, 1], greedy))).toEqual(expected);
    generator.dispose();
  });

  test('may continue two texts in turns', async () => {
    const generator = await createGenerator({ backend, model, state });
    const prompts = [[9, 3, 7, 1], [1, 2, 3, 4, 5], [6]];
    const running = prompts.map((prompt) => generator.generate(prompt, greedy));
    const texts = prompts.map((): number[] => []);
    for (let i = 0; i < greedy.maxNewTokens; i++) {
      for (const [row, text] of running.entries()) {
        const { value, done } = await text.next();
        if (!done) texts[row]!.push(value);
      }
    }
    for (const [row, prompt] of prompts.entries())
      expect(texts[row]).toEqual(await continueText(prompt, greedy, { cache: false }));
    generator.dispose();
  });
});

test('rows of unequal length are continued together as each would be alone', async () => {
  const prompts = [[1], [2, 3, 4, 5, 6], [7, 8]];
  const options = { maxNewTokens: 9, temperature: 0 };
  const generator = await createGenerator({ backend, model, state, rows: 3 });
  const together: number[][] = [[], [], []];
  for await (const { row, token } of generator.generateRows(prompts, options)) together[row]!.push(token);
  generator.dispose();
  for (const [row, prompt] of prompts.entries())
    expect(together[row]).toEqual(await continueText(prompt, options));
});

test('with a seed of its own, a row draws what it would draw alone', async () => {
  const prompts = [[1], [2, 3, 4, 5, 6], [7, 8]];
  const seeds = [5, 5, 9];
  const generator = await createGenerator({ backend, model, state, rows: 3 });
  const together: number[][] = [[], [], []];
  const options = { maxNewTokens: 9, seed: seeds };
  for await (const { row, token } of generator.generateRows(prompts, options)) together[row]!.push(token);
  for (const [row, prompt] of prompts.entries()) {
    expect(together[row]).toEqual(await continueText(prompt, { maxNewTokens: 9, seed: seeds[row] }));
  }
  await expect(generator.generateRows(prompts, { maxNewTokens: 1, seed: [1] }).next()).rejects.toThrow(
    'Expected one seed or 3, but got 1.',
  );
  generator.dispose();
});

test('each token is told, the last one too', async () => {
  const told: number[][] = [];
  const stop = (tokens: readonly number[]) => (told.push([...tokens]), false);
  const tokens = await continueText([1], { maxNewTokens: 3, stop });
  expect(told).toEqual([1, 2, 3].map((count) => tokens.slice(0, count)));
});

test('a row that has ended waits for the others', async () => {
  const generator = await createGenerator({ backend, model, state, rows: 2 });
  const stop = (tokens: readonly number[]) => tokens.length === 2 && tokens[0] === first[0];
  const [first, second] = [await continueText([1], { maxNewTokens: 6, temperature: 0 }), [] as number[]];
  const ended: number[] = [];
  for await (const { row, token } of generator.generateRows([[1], [4]], {
    maxNewTokens: 6,
    temperature: 0,
    stop,
  })) {
    (row === 0 ? ended : second).push(token);
  }
  expect(ended).toEqual(first.slice(0, 2));
  generator.dispose();
  generator.dispose();
});

test('a generator gives its memory back', async () => {
  const before = backend.memory();
  await continueText([1], { maxNewTokens: 3 });
  expect(backend.memory()).toEqual(before);
});

test('stop ends the text with the token that met it', async () => {
  const all = await continueText([1], { maxNewTokens: 8 });
  const stopped = await continueText([1], { maxNewTokens: 8, stop: (tokens) => tokens.length === 3 });
  expect(stopped).toEqual(all.slice(0, 3));
});

test.each([
  [[], {}, 'DATA_TOO_SHORT'],
  [[13], {}, 'TOKEN_OUT_OF_RANGE'],
  [[1], { temperature: -1 }, 'INVALID_CONFIG'],
  [[1], { topK: 0 }, 'INVALID_CONFIG'],
  [[1], { topP: 2 }, 'INVALID_CONFIG'],
])('prompt %j with %j is refused: %s', async (prompt, options, code) => {
  await expect(continueText(prompt, { maxNewTokens: 2, ...options })).rejects.toMatchObject({ code });
});

test('a trainer shares its parameters with a generator and an evaluation, without copies', async () => {
  const data = arrayDataset(tinyBatches(1, 2), { repeat: true });
  const trainer = new Trainer({
    backend,
    model,
    loss: crossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    data,
  });
  const shared = await trainer.parameters();
  const held = () =>
    evaluateModel({
      backend,
      model,
      loss: crossEntropy(),
      state: shared,
      data: arrayDataset(tinyBatches(1, 2)),
    });
  const before = await held();
  for await (const { step } of trainer.fit({ maxIters: 3 })) expect(step).toBeLessThanOrEqual(3);
  expect((await held()).loss).toBeLessThan(before.loss);
  await trainer.dispose();
});
