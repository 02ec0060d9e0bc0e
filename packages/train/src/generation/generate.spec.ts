import { backend as reference } from '@attune/backend-reference';
import type { Backend, State } from '@attune/core';
import { crossEntropy, sgd } from '@attune/nn';
import { allocateParameters } from '../parameters.js';
import { evaluateModel } from '../evaluation/evaluate-model.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { tinyBatches, tinyModel } from '../testing/tiny-model.js';
import { Trainer } from '../trainer/trainer.js';
import { createGenerator, type GenerateOptions } from './generate.js';

const model = tinyModel();
let backend: Backend;
let state: State;
beforeEach(async () => {
  backend = await reference.create();
  state = await allocateParameters(backend, model, { seed: 4 });
});

async function continueText(prompt: number[], options: GenerateOptions): Promise<number[]> {
  const generator = await createGenerator({ backend, model, state });
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
