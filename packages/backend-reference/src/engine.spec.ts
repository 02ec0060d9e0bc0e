import { GraphBuilder, gradients, hostTensor } from '@attune/core';
import { backend } from './index.js';

test('trains y = x · w to fit a line, state kept between runs', async () => {
  const g = new GraphBuilder('train');
  const x = g.feed('x', { shape: [4, 1], dtype: 'f32' });
  const y = g.feed('y', { shape: [4, 1], dtype: 'f32' });
  const w = g.state('w', { shape: [1, 1], dtype: 'f32' });
  const loss = g.mean(g.square(g.sub(g.matmul(x, w), y)));
  const [dw] = gradients(g, loss, [w]);
  g.update('w', g.sub(w, g.mul(dw!, 0.05)));
  g.output('loss', loss);
  const device = await backend.create();
  const state = await device.allocate({ w: { shape: [1, 1], dtype: 'f32' } });
  const step = await device.compile(g.build(), state);
  const feeds = { x: hostTensor('f32', [4, 1], [1, 2, 3, 4]), y: hostTensor('f32', [4, 1], [2, 4, 6, 8]) };
  const first = await step.run(feeds);
  for (let i = 0; i < 50; i++) await step.run(feeds);
  expect(first['loss']!.data[0]).toBe(30);
  expect((await state.read(['w']))['w']!.data[0]).toBeCloseTo(2, 5);
  step.dispose();
  state.dispose();
  expect(device.memory()).toEqual({ bytes: 0, buffers: 0 });
});

test('a guard that is false drops the updates, frees them, and tells the caller', async () => {
  const g = new GraphBuilder('guarded');
  const spec = { shape: [2], dtype: 'f32' } as const;
  const x = g.feed('x', spec);
  const sum = g.add(g.state('total', spec), x);
  g.update('total', sum);
  g.guard('allowed', g.less(g.max(sum), 10));
  const device = await backend.create();
  const state = await device.allocate({ total: spec });
  const add = await device.compile(g.build(), state);
  const feed = (value: number) => ({ x: hostTensor('f32', [2], [value, 1]) });
  expect((await add.run(feed(4)))['allowed']!.data[0]).toBe(1);
  const before = device.memory();
  expect((await add.run(feed(40)))['allowed']!.data[0]).toBe(0);
  expect((await add.run(feed(NaN)))['allowed']!.data[0]).toBe(0);
  expect(device.memory()).toEqual(before);
  await add.run(feed(3));
  expect([...(await state.read())['total']!.data]).toEqual([7, 2]);
});
