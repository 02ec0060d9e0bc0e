import { GraphBuilder, type Program } from '@attune/core';
import { freezeParameters } from '../../freeze/freeze.js';
import { cnn, type CnnModel } from './model.js';

const tiny = () => cnn({ numLabels: 3, imageSize: 6, channels: [2, 4] });

function forward(model: CnnModel): Program {
  const g = new GraphBuilder('forward');
  g.output('logits', model.forward(g, { x: g.feed('x', { shape: [5, 1, 6, 6], dtype: 'f32' }) }).logits);
  return g.build();
}

test('names and layouts are those of torch.nn.Sequential', () => {
  const { parameters, buffers } = tiny();
  expect([...parameters, ...buffers].map(({ name, shape }) => `${name} [${shape.join(', ')}]`)).toEqual([
    'features.0.weight [2, 1, 3, 3]',
    'features.1.weight [2]',
    'features.1.bias [2]',
    'features.4.weight [4, 2, 3, 3]',
    'features.5.weight [4]',
    'features.5.bias [4]',
    'classifier.weight [3, 4]',
    'classifier.bias [3]',
    'features.1.running_mean [2]',
    'features.1.running_var [2]',
    'features.5.running_mean [4]',
    'features.5.running_var [4]',
  ]);
});

test('train() normalises by the batch and moves the running statistics; eval() uses them and leaves them', () => {
  const model = tiny();
  const statistics = model.buffers.map(({ name }) => name).sort();
  const training = forward(model.train());
  expect(training.nodes.filter(({ op }) => op === 'batchNorm')).toHaveLength(2);
  expect(Object.keys(training.updates).sort()).toEqual(statistics);
  const evaluating = forward(model.eval());
  expect(evaluating.nodes.filter(({ op }) => op === 'batchNorm')).toEqual([]);
  expect(evaluating.updates).toEqual({});
});

test('a batch norm that is frozen stays in evaluation, in train() too', () => {
  const model = tiny().train();
  freezeParameters(model.parameters, { freeze: ['features.1.*'] });
  expect(Object.keys(forward(model).updates).sort()).toEqual([
    'features.5.running_mean',
    'features.5.running_var',
  ]);
});

test('another head, for other classes, on the same body', () => {
  const model = tiny();
  model.replace('classifier', model.newClassifier(7));
  const program = forward(model);
  expect(program.values[program.outputs['logits']!]!.shape).toEqual([5, 7]);
  expect(model.config.numLabels).toBe(7);
});

test.each([
  [{ numLabels: 0 }, 'numLabels must be a positive integer, but is 0.'],
  [{ numLabels: 2, channels: [4, 0.5] }, 'channels[1] must be a positive integer, but is 0.5.'],
  [{ numLabels: 2, channels: [1, 1, 1], imageSize: 7 }, 'channels must have from 1 to 2 entries'],
])('refuses %j', (options, message) => {
  expect(() => cnn(options)).toThrow(message);
});

test('says which images it takes', () => {
  const g = new GraphBuilder('forward');
  const x = g.feed('x', { shape: [5, 6, 6, 1], dtype: 'f32' });
  expect(() => tiny().forward(g, { x })).toThrow('f32[B, 1, 6, 6], but x is f32[5, 6, 6, 1]');
});
