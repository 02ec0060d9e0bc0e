import { GraphBuilder } from '@attune/core';
import { fill } from '../init/initializers.js';
import { Dropout } from '../layers/dropout.js';
import { Linear } from '../layers/linear.js';
import { forwardOptions, withForwardOptions } from './forward-scope.js';
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

test('a forward pass names its mode, or has the one that train() or eval() chose', () => {
  const pair = new Pair();
  const drops = (mode?: 'train' | 'eval') => {
    const g = new GraphBuilder('pass');
    const x = g.feed('x', { shape: [2], dtype: 'f32' });
    const within = withForwardOptions(g, { mode }, () => pair.drop.forward(g, x));
    // The pass is over: what stands after it is not in its mode.
    expect(pair.drop.drops(g)).toBe(pair.drop.training);
    return within !== x;
  };
  expect([drops(), drops('train'), drops('eval')]).toEqual([false, true, false]);
  pair.train();
  expect([drops(), drops('train'), drops('eval')]).toEqual([true, true, false]);
});

test('an inner pass has the options of the outer one, but for those that it names', () => {
  const g = new GraphBuilder('pass');
  withForwardOptions(g, { mode: 'train', adapters: false }, () => {
    withForwardOptions(g, {}, () => expect(forwardOptions(g)).toEqual({ mode: 'train', adapters: false }));
    const fail = () =>
      withForwardOptions(g, { mode: 'eval' }, () => {
        expect(forwardOptions(g)).toEqual({ mode: 'eval', adapters: false });
        throw new Error('a shape');
      });
    expect(fail).toThrow('a shape');
    expect(forwardOptions(g)).toEqual({ mode: 'train', adapters: false });
  });
  expect(forwardOptions(g)).toEqual({});
});

test('train() and eval() reach every part', () => {
  const pair = new Pair();
  expect(pair.train().drop.training).toBe(true);
  expect(pair.eval().drop.training).toBe(false);
});
