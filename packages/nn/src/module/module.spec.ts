import { fill } from '../init/initializers.js';
import { Dropout } from '../layers/dropout.js';
import { Linear } from '../layers/linear.js';
import { Module, nameParts } from './module.js';
import { Param } from './param.js';

class Pair extends Module {
  readonly layers = [new Linear(2, 3), new Linear(3, 2, { bias: false })];
  readonly drop = new Dropout(0.5);
  readonly scale = new Param([1], fill(1));
  readonly width = 7;
}

test('names follow the properties, arrays count, and other properties do not take part', () => {
  expect(nameParts(new Pair()).parameters.map(({ name }) => name)).toEqual([
    'layers.0.weight',
    'layers.0.bias',
    'layers.1.weight',
    'scale',
  ]);
});

test('a parameter that is shared is listed once, under its first name', () => {
  const pair = new Pair();
  const shared = Object.assign(pair, { head: pair.layers[0]! });
  expect(nameParts(shared).parameters.filter(({ name }) => name.endsWith('weight'))).toHaveLength(2);
});

test('train() and eval() reach every part', () => {
  const pair = new Pair();
  expect(pair.train().drop.training).toBe(true);
  expect(pair.eval().drop.training).toBe(false);
});
