import { GraphBuilder } from '../builder/index.js';
import { interpret } from '../interpreter/index.js';
import { hostTensor, item } from '../tensor/index.js';
import { NdArray } from '../tensor/nd-array.js';

const refused = expect.objectContaining({ code: 'DTYPE_MISMATCH' });

test('storage types are widened to f32, and f32 is rounded to them', () => {
  const g = new GraphBuilder('cast');
  const x = g.feed('x', { shape: [3], dtype: 'f32' });
  g.output('bf16', g.cast(x, 'bf16'));
  g.output('back', g.cast(g.cast(x, 'bf16'), 'f32'));
  g.output('f16', g.cast(g.cast(x, 'f16'), 'f32'));
  // 1 + 2⁻⁸ lies in the middle of two bfloat16 numbers, and 65520 of the largest float16 and what would be the next.
  const feeds = { x: new NdArray([3], 'f32', Float32Array.of(1 + 2 ** -8, -3, 65520)) };
  const { outputs } = interpret(g.build(), { feeds }, 'f64');
  expect(outputs['bf16']!.data).toEqual(Uint16Array.of(0x3f80, 0xc040, 0x4780));
  expect([...outputs['back']!.data]).toEqual([1, -3, 65536]);
  expect([...outputs['f16']!.data]).toEqual([1 + 2 ** -8, -3, Infinity]);
});

test('nothing but f32 becomes a storage type, nothing becomes i8, and no other op takes one', () => {
  const g = new GraphBuilder('refused');
  const [x, i, w] = (['f32', 'i32', 'bf16'] as const).map((dtype) => g.feed(dtype, { shape: [2], dtype }));
  const wrong = [
    () => g.cast(i!, 'f16'),
    () => g.cast(w!, 'i32'),
    () => g.cast(w!, 'f16'),
    () => g.cast(x!, 'i8'),
    () => g.neg(w!),
    () => g.reshape(w!, [2, 1]),
    () => g.concat([w!, w!], 0),
    () => g.add(w!, w!),
  ];
  for (const build of wrong) expect(build).toThrow(refused);
  expect(() => g.constant(1, [2], 'bf16')).toThrow('1 is not a value of bf16');
});

test('a list of numbers becomes the elements that stand for them', () => {
  expect(hostTensor('bf16', [2], [1, -2]).data).toEqual(Uint16Array.of(0x3f80, 0xc000));
  expect(item(hostTensor('f16', [], [0.5]))).toBe(0.5);
  expect(item(hostTensor('i8', [1], [-7]))).toBe(-7);
});
