import { backend as reference } from '@attune/backend-reference';
import { hostTensor, type Model } from '@attune/core';
import { allocateParameters } from '../trainer/parameters.js';
import { arrayDataset } from '../testing/array-dataset.js';
import { evaluateClassification } from './evaluate-classification.js';

/** Takes its inputs for logits. */
const echo: Model = {
  config: {},
  parameters: [],
  buffers: [],
  aliases: {},
  training: false,
  train: () => echo,
  eval: () => echo,
  forward: (_g, { x }) => ({ logits: x! }),
};

/** Two batches of two rows with three classes: logits, labels, and the mask of each row. */
async function evaluate(labels: number[], mask: number[], logits = [1, 2, 0, 3, 1, 1, 0, 0, 5, 1, 1, 0]) {
  const backend = await reference.create();
  const state = await allocateParameters(backend, echo, { seed: 1 });
  const data = arrayDataset({
    x: hostTensor('f32', [2, 2, 3], logits),
    label: hostTensor('i32', [2, 2], labels),
    lossMask: hostTensor('f32', [2, 2], mask),
  });
  return evaluateClassification({ backend, model: echo, state, data });
}

test('counts, by class, what each example was taken for; of equals the first', async () => {
  // The largest logits are at 1, 0, 2 and, of two equal ones, 0.
  expect(await evaluate([1, 1, 2, 1], [1, 1, 1, 1])).toEqual({
    accuracy: 2 / 4,
    count: 4,
    confusion: [
      [0, 0, 0],
      [2, 1, 0],
      [0, 0, 1],
    ],
  });
});

test('rows of mask 0 do not count, whatever their label', async () => {
  const { accuracy, count } = await evaluate([1, 0, 2, 99], [1, 1, 1, 0]);
  expect([accuracy, count]).toEqual([1, 3]);
});

test('refuses labels that are no class, and data without examples', async () => {
  await expect(evaluate([1, 3, 0, 0], [1, 1, 1, 1])).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: "The label 3 is none of the model's 3 classes.",
  });
  await expect(evaluate([1, 1, 1, 1], [0, 0, 0, 0])).rejects.toMatchObject({ code: 'NO_TARGETS' });
});
