import { GraphBuilder, NdArray, type Tensor } from '@attune/core';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';

const vector = (length: number, value: (i: number) => number): NdArray =>
  new NdArray(
    [length],
    'f32',
    Float32Array.from({ length }, (_, i) => value(i)),
  );

describe('elementary functions', () => {
  const special = [
    0, -0, 1e-40, -1e-40, 1e-20, 0.5, -0.5, 1, -1, 40, -40, 88.7, -88.7, 1e10, -1e10, 3e38, -3e38,
  ];
  const values = [
    ...special,
    Infinity,
    -Infinity,
    NaN,
    ...Array.from({ length: 4001 }, (_, i) => i / 100 - 20),
  ];
  const x = vector(values.length, (i) => values[i]!);

  /** The functions, with the relative error that they may have. */
  const functions: Readonly<
    Record<string, readonly [apply: (g: GraphBuilder, t: Tensor) => Tensor, error: number]>
  > = {
    exp: [(g, t) => g.exp(t), 1.5e-7],
    log: [(g, t) => g.log(g.abs(t)), 1.5e-7],
    sqrt: [(g, t) => g.sqrt(g.abs(t)), 6e-8],
    rsqrt: [(g, t) => g.rsqrt(g.abs(t)), 2e-7],
    tanh: [(g, t) => g.tanh(t), 3e-7],
    sigmoid: [(g, t) => g.sigmoid(t), 3e-7],
    erf: [(g, t) => g.erf(t), 4e-7],
    silu: [(g, t) => g.silu(t), 5e-7],
  };

  test.each(Object.entries(functions))('%s', async (_name, [apply, error]) => {
    const g = new GraphBuilder('function');
    const t = g.feed('x', { shape: x.shape, dtype: 'f32' });
    g.output('y', apply(g, t));
    const { y } = await runProgram(testHost(), g.build(), { x });
    const expected = expectedOutputs(g.build(), { x })['y']!.data;
    const wrong = values.filter((_, i) => {
      const [got, truth] = [y!.data[i]!, expected[i]!];
      // Overflow is Inf; what is too small for a normal number may be 0.
      if (Object.is(got, Math.fround(truth)) || (Number.isNaN(got) && Number.isNaN(truth))) return false;
      return !(Math.abs(got - truth) <= error * Math.abs(truth) + 1e-36);
    });
    expect(wrong).toEqual([]);
  });

  test.each(['none', 'tanh'] as const)('GELU (%s) and its slope', async (approximate) => {
    const g = new GraphBuilder('gelu');
    const finite = vector(4001, (i) => i / 100 - 20);
    const t = g.feed('x', { shape: finite.shape, dtype: 'f32' });
    g.output('y', g.gelu(t, approximate));
    const dy = g.broadcastTo(g.constant(1), t.shape);
    g.output('slope', g.applyAll('geluGrad', [t, dy], { approximate })[0]!);
    const program = g.build();
    const results = await runProgram(testHost(), program, { x: finite });
    for (const [name, { data }] of Object.entries(expectedOutputs(program, { x: finite }))) {
      const errors = [...data].map((value, i) => Math.abs(results[name]!.data[i]! - value));
      expect(Math.max(...errors)).toBeLessThanOrEqual(1e-6);
    }
  });
});
