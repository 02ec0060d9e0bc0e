import { GraphBuilder, hostArrayTypes, NdArray, sizeOf, type DType, type Shape } from '@attune/core';
import { expectedOutputs, runProgram } from '../testing/run-program.js';
import { testHost } from '../testing/test-host.js';

const host = testHost();
afterAll(() => host.dispose());

/** The cast of a feed, from one dtype to another, by the engine and by the interpreter. */
async function castBoth(shape: Shape, from: DType, to: DType, bits: (i: number) => number) {
  const g = new GraphBuilder('cast');
  g.output('y', g.cast(g.feed('x', { shape, dtype: from }), to));
  const program = g.build();
  const data = new hostArrayTypes[from](sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = bits(i);
  const feeds = { x: new NdArray(shape, from, data) };
  const { y } = await runProgram(host, program, feeds);
  return [Array.from(y!.data), Array.from(expectedOutputs(program, feeds)['y']!.data)];
}

test.each([
  ['bf16', 2 ** 16],
  ['f16', 2 ** 16],
  ['i8', 2 ** 8],
] as const)('every %s becomes the f32 that it stands for', async (dtype, count) => {
  const [actual, expected] = await castBoth([count], dtype, 'f32', (i) => i);
  expect(actual).toEqual(expected);
});

test.each(['bf16', 'f16'] as const)('f32 becomes the nearest %s', async (dtype) => {
  // Bits of all kinds of floats, subnormal ones among them, in steps that hit ties.
  const view = new DataView(new ArrayBuffer(4));
  const float = (i: number) => (view.setInt32(0, Math.imul(i, 0x9800)), view.getFloat32(0));
  const [actual, expected] = await castBoth([2 ** 17], 'f32', dtype, (i) => float(i));
  const isNaNBits = (bits: number) => (bits & 0x7fff) > (dtype === 'f16' ? 0x7c00 : 0x7f80);
  const payloadFree = (values: number[]) => values.map((bits) => (isNaNBits(bits) ? -1 : bits));
  expect(payloadFree(actual!)).toEqual(payloadFree(expected!));
});

test.each([0, 1, 3, 15, 17, 33, 2 ** 15 + 5])('%i elements, and nothing beyond them', async (count) => {
  for (const [from, to] of [
    ['bf16', 'f32'],
    ['f32', 'f16'],
    ['i8', 'f32'],
  ] as const) {
    const [actual, expected] = await castBoth([count], from, to, (i) => i % 100);
    expect(actual).toEqual(expected);
  }
});
