import type { GraphBuilder, Shape } from '@attune/core';
import { differences, programOf, stepsOf } from '../../testing/kernels.js';

const feed = (g: GraphBuilder, name: string, shape: Shape) => g.feed(name, { shape, dtype: 'f32' });

describe('rope', () => {
  it.each([
    [
      [5, 2],
      [5, 1],
    ],
    [
      [3, 4, 6],
      [4, 3],
    ],
    [
      [2, 3, 7, 64],
      [7, 32],
    ],
    [
      [2, 3, 1, 10],
      [2, 1, 1, 5],
    ],
    [
      [2, 2, 5, 16],
      [1, 8],
    ],
    [
      [2, 2, 5, 16],
      [5, 1],
    ],
    [
      [2, 3, 2, 4, 6],
      [3, 1, 4, 3],
    ],
  ] as [Shape, Shape][])('turns %j by %j as its definition does, and back', async (shape, angles) => {
    const program = programOf((g) => {
      const [x, cos, sin] = [feed(g, 'x', shape), feed(g, 'cos', angles), feed(g, 'sin', angles)];
      g.output('turned', g.rope(x, cos, sin));
      g.output('back', g.rope(x, cos, g.neg(sin)));
    });
    for (const difference of Object.values(await differences(program))) expect(difference).toBeLessThan(1e-6);
  });

  it('turns heads on their way from rows of tokens and back into them', async () => {
    const program = programOf((g) => {
      const x = g.transpose(g.reshape(feed(g, 'x', [2, 5, 24]), [2, 5, 3, 8]), [0, 2, 1, 3]);
      const turned = g.rope(x, feed(g, 'cos', [5, 4]), feed(g, 'sin', [5, 4]));
      g.output('out', g.reshape(g.transpose(turned, [0, 2, 1, 3]), [2, 5, 24]));
    });
    expect(stepsOf(program)).toEqual(['transpose']);
    expect((await differences(program))['out']).toBeLessThan(1e-6);
  });
});
