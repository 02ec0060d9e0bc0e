import { gradients } from '../builder/autodiff.js';
import { GraphBuilder } from '../builder/builder.js';
import { opDefinition } from '../builder/op-definition.js';
import { interpret } from '../interpreter/index.js';
import type { OpName } from '../ops/table.js';
import { labelOf, opNodes } from '../program/program.js';
import { compositeCases } from '../testing/composite-cases.js';
import { decompose } from './decompose.js';
import { verify } from './verify.js';

const everything = () => true;

test.each(Object.entries(compositeCases))('%s, down to primitives, is the same', (op, [compute, inputs]) => {
  const g = new GraphBuilder(op);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, g.feed(name, value)]),
  );
  g.output('result', compute(g, feeds));
  const whole = g.build();
  const parts = decompose(whole, everything);
  verify(parts);
  expect(opNodes(parts).filter((node) => opDefinition(node.op).body)).toEqual([]);
  const [a, b] = [whole, parts].map(
    (program) => interpret(program, { feeds: inputs }, 'f64').outputs['result']!,
  );
  expect(b!.shape).toEqual(a!.shape);
  a!.data.forEach((value: number, i: number) => expect(b!.data[i]).toBeCloseTo(value, 12));
});

test('only the ops that are named are decomposed', () => {
  const g = new GraphBuilder('some');
  const input = g.feed('x', { shape: [2, 3], dtype: 'f32' });
  g.output('y', g.softmax(g.gelu(input)));
  const ops = decompose(g.build(), ({ op }) => op === 'softmax').nodes.map(labelOf);
  expect(ops).toEqual(['feed', 'gelu', 'max', 'sub', 'exp', 'sum', 'div']);
});

test('forward and backward share their work: logSoftmax is computed once', () => {
  const g = new GraphBuilder('loss');
  const logits = g.feed('logits', { shape: [4, 5], dtype: 'f32' });
  const loss = g.sum(g.softmaxCrossEntropy(logits, g.feed('y', { shape: [4], dtype: 'i32' })));
  g.output('loss', loss);
  g.output('grad', gradients(g, loss, [logits])[0]!);
  const nodes = decompose(g.build(), everything).nodes;
  const count = (op: OpName) => nodes.filter((node) => node.op === op).length;
  expect([count('max'), count('log')]).toEqual([1, 1]);
});

test('names, inputs, updates and the guard stay', () => {
  const g = new GraphBuilder('named');
  const w = g.state('w', { shape: [2, 3], dtype: 'f32' });
  g.feed('unused', { shape: [], dtype: 'f32' });
  g.update('w', g.softmax(w));
  g.output('y', g.sum(w));
  const program = g.build();
  const { name, feeds, state, outputs, updates } = decompose(program, everything);
  expect({ name, feeds, state }).toEqual({ name: 'named', feeds: program.feeds, state: program.state });
  expect(Object.keys({ ...outputs, ...updates })).toEqual(['y', 'w']);
});
