import { backend as reference } from '@attune/backend-reference';
import type { Backend } from '@attune/core';
import { drawnDigits, drawnLetters } from '@attune/demo-data';
import { pretrain, type Trained } from './pretrain.js';
import { confusionTable, percent } from './report.js';
import { runExample } from './run.js';
import type { Task } from './tasks.js';
import { transfer } from './transfer.js';

/** Images so small that the interpreter is fast enough. */
const size = 12;
const digits: Task = {
  train: drawnDigits({ count: 320, seed: 1, size }),
  test: drawnDigits({ count: 60, seed: 2, size }),
};
const letters: Task = {
  train: drawnLetters({ count: 240, seed: 3, size }),
  test: drawnLetters({ count: 60, seed: 4, size }),
};
const pretraining = { batchSize: 20, epochs: 4, learningRate: 0.03, channels: [4, 6] };
const adaptation = { batchSize: 20, epochs: 6, learningRate: 0.03 };

let backend: Backend;
beforeAll(async () => {
  backend = await reference.create();
});
afterAll(() => backend.dispose());

describe('a network trained on digits, adapted to letters', () => {
  let pretrained: Trained;
  let adapted: Trained;
  beforeAll(async () => {
    pretrained = await pretrain(backend, digits, pretraining);
    adapted = await transfer(backend, pretrained, letters, adaptation);
  });

  test('learns both: accuracy on images it has not seen rises far above chance', () => {
    expect(pretrained.before.accuracy).toBeLessThan(0.3);
    expect(pretrained.after.accuracy).toBeGreaterThan(0.6);
    expect(adapted.before.accuracy).toBeLessThan(0.3);
    expect(adapted.after.accuracy).toBeGreaterThan(0.6);
    expect(adapted.after.confusion).toHaveLength(12);
  });

  test('its convolutions, their norms and their running statistics are those it was pretrained with, bit for bit', () => {
    const names = Object.keys(adapted.weights).filter((name) => name.startsWith('features.'));
    expect(names).toContain('features.5.running_var');
    for (const name of names) expect(adapted.weights[name]).toEqual(pretrained.weights[name]);
    expect(adapted.weights['classifier.weight']!.shape).toEqual([12, 54]);
  });

  test('holds nothing on the device when it is done', () => {
    expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
  });
});

test('tells what it does, and how well', async () => {
  const told: string[] = [];
  await runExample({
    backend,
    first: digits,
    second: letters,
    pretraining: { ...pretraining, epochs: 1, channels: [2] },
    adaptation: { ...adaptation, epochs: 1 },
    print: (line) => told.push(line),
  });
  const text = told.join('\n');
  expect(text).toContain('Pretraining on 320 images of 10 classes (drawn digits, seed 1).');
  expect(text).toMatch(/accuracy on 60 others: [\d.]+ % before, [\d.]+ % after/);
  expect(text).toMatch(/\d+ of \d+ parameters were trained/);
  expect(text).toMatch(/ A │/);
});

test('a confusion matrix as a table', () => {
  const metrics = {
    accuracy: 0.75,
    count: 4,
    confusion: [
      [1, 1],
      [0, 12],
    ],
  };
  const table = confusionTable(metrics, { ...letters.test, classes: ['A', 'B'], numLabels: 2 });
  expect(table.split('\n')).toEqual(['    │  A  B', '────┼──────', '  A │  1  1', '  B │  · 12']);
  expect(percent(0.97345)).toBe('97.3 %');
});
