import type { Tensor } from '../graph/tensor.js';
import { defineComposite } from '../ops/define.js';
import { expectInputs } from '../tensor/checks.js';
import { allocator, type NdArray } from '../tensor/index.js';
import { array, integers } from '../testing/run.js';
import { bodyGradients, bodyIndices, bodyReference, bodySpecs } from './derive.js';
import { GraphBuilder } from './index.js';
import { opDefinition } from './op-definition.js';

const matrix = { shape: [2, 3], dtype: 'f32' } as const;

/** Mean and scaled deviation of each row: two outputs of different shapes. */
const moments = defineComposite('moments', (g, [x], { scale }: { scale: number }) => {
  const mean = g.mean(x, [-1]);
  return [mean, g.mul(g.sub(x, g.reshape(mean, [...mean.shape, 1])), scale)];
});

test('shapes follow from the body', () => {
  expect(bodySpecs(moments, [matrix], { scale: 2 })).toEqual([{ shape: [2], dtype: 'f32' }, matrix]);
});

test('a body is traced once for inputs of the same shapes and attributes', () => {
  let traced = 0;
  const counted = defineComposite('counted', (g, [x]) => (traced++, g.neg(x)));
  for (const scale of [1, 1, 2]) bodySpecs(counted, [matrix], { scale });
  bodySpecs(counted, [{ shape: [3, 2], dtype: 'f32' }], { scale: 1 });
  bodySpecs(counted, [matrix], { scale: 1 });
  expect(traced).toBe(3);
});

test('no more than 64 traces are kept, and those used last', () => {
  let traced = 0;
  const counted = defineComposite('many', (g, [x]) => (traced++, g.neg(x)));
  const of = (length: number) => bodySpecs(counted, [{ shape: [length], dtype: 'f32' }], {});
  for (let length = 0; length < 64; length++) of(length);
  of(0);
  of(64);
  of(0);
  expect(traced).toBe(65);
  of(1);
  expect(traced).toBe(66);
});

test('the reference is the body in float64, rounded where it ends', () => {
  const third = defineComposite('third', (g, [x]) => [g.sub(g.add(g.div(x, 3), 2 ** 30), 2 ** 30)]);
  const [result] = bodyReference(third, [array([1], [1])], {}, allocator('f32'));
  expect(result!.data).toBeInstanceOf(Float32Array);
  expect(result!.data[0]).toBeCloseTo(1 / 3, 6);
});

test('what is computed from a result is computed from it as it is rounded', () => {
  const twice = defineComposite('twice', (g, [x]) => {
    const y = g.div(x, 3);
    return [y, g.mul(y, 3)];
  });
  const [y, back] = bodyReference(twice, [array([1], [1])], {}, allocator('f32')) as [NdArray, NdArray];
  expect(back.data[0]).toBe(Math.fround(3 * Math.fround(1 / 3)));
  expect(y.data[0]).toBe(Math.fround(1 / 3));
});

test('gradients of every output come back through the body', () => {
  const g = new GraphBuilder('gradients');
  const x = g.feed('x', matrix);
  const dMean = g.feed('dMean', { shape: [2], dtype: 'f32' });
  const [dx] = bodyGradients(moments, g, [x], { scale: 2 }, [dMean, undefined]);
  expect(dx).toMatchObject(matrix);
  expect(g.nodes.some(({ op }) => op === 'sub')).toBe(false);
});

test('an input that nothing flows back to has no gradient', () => {
  const picked = defineComposite('picked', (g, [x, i]: readonly [Tensor, Tensor]) => [g.gather(x, i)]);
  const g = new GraphBuilder('none');
  const inputs = [g.feed('x', matrix), g.feed('i', { shape: [4], dtype: 'i32' })];
  const dOutput = g.feed('d', { shape: [4, 3], dtype: 'f32' });
  const found = bodyGradients(picked, g, inputs, {}, [dOutput]);
  expect(found.map((tensor) => tensor?.shape)).toEqual([[2, 3], undefined]);
});

describe('indices', () => {
  const picked = defineComposite('picked', (g, [i, x]: readonly [Tensor, Tensor]) =>
    g.gather(x, g.reshape(i, [-1])),
  );
  const specs = [{ shape: [2, 2], dtype: 'i32' }, matrix] as const;

  test('have the bounds that the body gives them', () => {
    expect(bodyIndices(picked, specs, {})).toEqual({ input: 0, limit: 2 });
    expect(bodyIndices(moments, [matrix], { scale: 1 })).toBeUndefined();
  });

  test('out of bounds are refused by the reference, with the name of the op', () => {
    const bounded = defineComposite('bounded', (g, [x]) => g.cast(x, 'f32'), {
      indices: () => ({ input: 0, limit: 3, ignored: -1 }),
    });
    const reference = (index: number) =>
      bodyReference(bounded, [integers([1], [index])], {}, allocator('f32'))[0]!.data[0];
    expect([-1, 0, 2].map(reference)).toEqual([-1, 0, 2]);
    expect(() => reference(3)).toThrow(
      expect.objectContaining({ code: 'TOKEN_OUT_OF_RANGE', message: 'bounded: index 3 is not in [0, 3).' }),
    );
  });
});

test('errors name the composite: in the words of its check, or else in those of an op of its body', () => {
  const checked = defineComposite('checked', (g, [x]) => g.neg(x), {
    check: (inputs) => expectInputs('checked', inputs, ['f32']),
  });
  const product = defineComposite('product', (g, [x]) => g.matmul(x, x));
  const failure = (work: () => unknown) => expect(work).toThrow;
  failure(() => bodySpecs(checked, [{ shape: [1], dtype: 'i32' }], {}))(
    expect.objectContaining({
      code: 'DTYPE_MISMATCH',
      message: expect.stringMatching(/^checked: input 0 must/),
    }),
  );
  failure(() => bodySpecs(product, [matrix], {}))(
    expect.objectContaining({
      code: 'SHAPE_MISMATCH',
      message: 'product: matmul: f32[2, 3] × f32[2, 3] do not fit: inner lengths are 3 and 2.',
    }),
  );
});

test('an op that there is not is refused', () => {
  expect(() => opDefinition('toString')).toThrow('There is no op "toString".');
  const g = new GraphBuilder('typo');
  expect(() => g.applyAll('tahn', [g.feed('x', matrix)])).toThrow('There is no op "tahn".');
});

test('a tensor within a body may be larger than any that is computed', () => {
  const outer = defineComposite('outer', (g, [x]) => {
    const column = g.reshape(x, [x.shape[0]!, 1]);
    return g.sum(g.mul(column, g.reshape(x, [1, -1])));
  });
  expect(bodySpecs(outer, [{ shape: [2 ** 20], dtype: 'f32' }], {})).toEqual([{ shape: [], dtype: 'f32' }]);
});
