import { expectValue, randomTensor } from '@attune/backend-testkit';
import { GraphBuilder, NdArray, type Shape, type Tensor } from '@attune/core';
import { compileTape } from '../../compile/compile.js';
import { expectedOutputs, runProgram } from '../../testing/run-program.js';
import { testHost } from '../../testing/test-host.js';
import { rules } from '../index.js';

const host = testHost();
const EPSILON = 1e-5;

type Inputs = Readonly<Record<string, NdArray>>;

function values(shape: Shape, seed: number, range: readonly [number, number] = [-1, 1]): NdArray {
  return new NdArray(shape, 'f32', randomTensor(seed, { shape, dtype: 'f32' }, range).data);
}

function programOf(inputs: Inputs, build: (g: GraphBuilder, tensors: Record<string, Tensor>) => void) {
  const g = new GraphBuilder('norm');
  build(g, Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, g.feed(name, x)])));
  return g.build();
}

async function expectAgreement(
  inputs: Inputs,
  build: (g: GraphBuilder, tensors: Record<string, Tensor>) => void,
): Promise<Record<string, NdArray>> {
  const program = programOf(inputs, build);
  const actual = await runProgram(host, program, inputs);
  const expected = expectedOutputs(program, inputs);
  for (const [name, value] of Object.entries(expected)) expectValue(actual[name]!, value, name);
  return actual;
}

/** Feeds of a norm and of its gradient. */
function feeds(shape: Shape, range?: readonly [number, number]) {
  const width = [shape.at(-1)!];
  return {
    x: values(shape, 1, range),
    weight: values(width, 2, [0.5, 1.5]),
    bias: values(width, 3),
    dy: values(shape, 4),
    residual: values(shape, 5),
  };
}

const outputGradients = (g: GraphBuilder, gradients: readonly Tensor[]) =>
  gradients.forEach((gradient, i) => g.output(['dx', 'dWeight', 'dBias'][i]!, gradient));

const shapes: readonly Shape[] = [
  [1],
  [3],
  [5, 1],
  [7, 3],
  [2, 3, 65],
  [13, 128],
  [5, 384],
  [301, 17],
  [2, 4099],
];

describe.each(shapes.map((shape) => [shape]))('rows of %j', (shape) => {
  const inputs = feeds(shape);
  const attrs = { epsilon: EPSILON };

  test('layer norm and RMS norm', () =>
    expectAgreement(inputs, (g, { x, weight, bias }) => {
      g.output('with bias', g.layerNorm(x!, weight!, bias!, EPSILON));
      g.output('without', g.layerNorm(x!, weight!, undefined, EPSILON));
      g.output('rms', g.rmsNorm(x!, weight!, 1e-6));
    }));

  // A row of one element has no gradient, but the noise of a difference of equal numbers.
  if (shape.at(-1) === 1) return;

  test.each([['layerNormGrad'], ['rmsNormGrad']] as const)('%s', (op) =>
    expectAgreement(inputs, (g, { x, weight, dy }) =>
      outputGradients(g, g.applyAll(op, [x!, weight!, dy!], attrs)),
    ),
  );

  test('the gradient past the norm, and sums of both over the rows, in the same pass', async () => {
    const build = (g: GraphBuilder, { x, weight, dy, residual }: Record<string, Tensor>) => {
      const [dx, dWeight, dBias] = g.applyAll('layerNormGrad', [x!, weight!, dy!], attrs);
      const total = g.add(residual!, dx!);
      outputGradients(g, [total, dWeight!, dBias!]);
      g.output('sum', g.sum(total, [...shape.keys()].slice(0, -1)));
    };
    await expectAgreement(inputs, build);
    const compiled = compileTape(programOf(inputs, build), rules, host.kernels);
    expect(compiled.steps).toHaveLength(1);
  });
});

test('rows that lie far from 0 and hardly vary', () =>
  expectAgreement(feeds([9, 65], [1000, 1000.5]), (g, { x, weight, bias, dy }) => {
    g.output('y', g.layerNorm(x!, weight!, bias!, EPSILON));
    outputGradients(g, g.applyAll('layerNormGrad', [x!, weight!, dy!], { epsilon: EPSILON }));
  }));

test('the sum of a gradient that nothing is added to', () =>
  expectAgreement(feeds([6, 2, 8]), (g, { x, weight, dy }) => {
    const [dx, dWeight] = g.applyAll('layerNormGrad', [x!, weight!, dy!], { epsilon: EPSILON });
    g.output('sum', g.sum(g.reshape(dx!, [12, 8]), [0]));
    outputGradients(g, [dx!, dWeight!]);
  }));

test('NaN stays in its row', async () => {
  const inputs = feeds([6, 65]);
  inputs.x.data[2 * 65 + 7] = NaN;
  const { y, dx } = await expectAgreement(inputs, (g, { x, weight, dy }) => {
    g.output('y', g.layerNorm(x!, weight!, undefined, EPSILON));
    g.output('dx', g.applyAll('layerNormGrad', [x!, weight!, dy!], { epsilon: EPSILON })[0]!);
  });
  for (const { data } of [y!, dx!])
    data.forEach((value: number, i: number) => expect(Number.isNaN(value)).toBe(Math.floor(i / 65) === 2));
});
