import {
  GraphBuilder,
  hostTensor,
  narrowed,
  type HostTensor,
  type Program,
  type StorageDType,
  type TensorSpec,
} from '@attune/core';
import { assert, expectError } from '../../assertions/assert.js';
import {
  expectAgreement,
  expectAllClose,
  expectHostTensor,
  normOf,
  sameBits,
} from '../../assertions/close.js';
import { tolerancesFor } from '../../assertions/tolerances.js';
import { truth } from '../../kit/oracle.js';
import { randomTensor } from '../../kit/random-tensor.js';
import { testPrograms, withCompiled, withState, type SuiteContext } from '../shared/context.js';

const floats = ['bf16', 'f16'] as const;
const storageTypes = [...floats, 'i8'] as const;

/** Every element that there is of a storage type, in the order of its bits. NaNs apart: their payload is free. */
function allElements(dtype: StorageDType): HostTensor<StorageDType> {
  if (dtype === 'i8')
    return hostTensor(
      'i8',
      [255],
      Int8Array.from({ length: 255 }, (_, i) => i - 127),
    );
  const special = dtype === 'bf16' ? 0x7f80 : 0x7c00;
  const bits = Array.from({ length: 2 ** 16 }, (_, i) => i).filter((i) => (i & 0x7fff) <= special);
  return hostTensor(dtype, [bits.length], Uint16Array.from(bits));
}

/** Numbers in the middle between two floats, beside it, and beyond the largest; infinities, zeros, and numbers too small. */
function toRound(dtype: 'bf16' | 'f16'): HostTensor<'f32'> {
  const bitsOf = new Int32Array(1);
  const valueOf = new Float32Array(bitsOf.buffer);
  const between = [1, 1.5, 3.1, 1e-3, 1e3, 6e-5, 1e-7, 65000].flatMap((value) => {
    const [low, step] = dtype === 'bf16' ? [-1 << 16, 1 << 15] : [-1 << 13, 1 << 12];
    valueOf[0] = value;
    const middle = (bitsOf[0]! & low) + step;
    return [-1, 0, 1].map((beside) => ((bitsOf[0] = middle + beside), valueOf[0]!));
  });
  const extremes = [0, -0, 65504, 65519.99, 65520, 3.3895e38, 3.4e38, 1e-40, 2.98e-8, 2.99e-8, Infinity];
  const values = [...between, ...extremes].flatMap((value) => [value, -value]);
  return hostTensor('f32', [values.length], Float32Array.from(values));
}

/** A State tensor as an output, or a cast of it. */
function readProgram(spec: TensorSpec): Program {
  const g = new GraphBuilder(`read ${spec.dtype}`);
  const w = g.state('w', spec);
  g.output('w', w);
  g.output('wide', g.cast(w, 'f32'));
  return g.build();
}

function narrowProgram(dtype: 'bf16' | 'f16', { shape }: TensorSpec): Program {
  const g = new GraphBuilder(`narrow to ${dtype}`);
  g.output('narrow', g.cast(g.feed('x', { shape, dtype: 'f32' }), dtype));
  return g.build();
}

const [rows, inner, columns] = [5, 37, 19];

/** `y = x · wᵀ + b`, with the weight in a storage type, an i8 with a scale for each row, and its gradient by `x`. */
function productProgram(dtype: StorageDType): Program {
  const g = new GraphBuilder(`product with ${dtype}`);
  const stored = g.cast(g.state('w', { shape: [columns, inner], dtype }), 'f32');
  const w = dtype === 'i8' ? g.mul(stored, g.feed('scale', { shape: [columns, 1], dtype: 'f32' })) : stored;
  const dy = g.feed('dy', { shape: [rows, columns], dtype: 'f32' });
  g.output('y', g.matmul(g.feed('x', { shape: [rows, inner], dtype: 'f32' }), w, { transposeB: true }));
  g.output('dx', g.matmul(dy, w));
  g.output('row', g.gather(w, g.feed('ids', { shape: [4], dtype: 'i32' })));
  return g.build();
}

/** Adds to a tensor of a storage type, if allowed. */
function updateProgram(dtype: 'bf16' | 'f16'): Program {
  const g = new GraphBuilder(`update ${dtype}`);
  const spec = { shape: [3], dtype } as const;
  const w = g.state('w', spec);
  g.update('w', g.cast(g.add(g.cast(w, 'f32'), g.feed('x', { shape: [3], dtype: 'f32' })), dtype));
  g.output('old', w);
  g.guard('allowed', g.less(g.feed('loss', { shape: [], dtype: 'f32' }), 10));
  return g.build();
}

function describeDType(context: SuiteContext, dtype: StorageDType): void {
  const { backend } = context;
  const all = allElements(dtype);
  const read = readProgram(all);
  testPrograms(context, `${dtype}: begins as zeros, reads what was written, and widens exactly`, [read], () =>
    withState(backend, { w: all, odd: { shape: [3], dtype } }, async (state) => {
      expectHostTensor((await state.read(['w']))['w'], all, 'w');
      assert(
        (await state.read(['w']))['w']!.data.every((element) => element === 0),
        'w does not begin as zeros.',
      );
      const odd = { shape: [3], dtype, data: all.data.slice(40, 43) } as HostTensor;
      await state.write({ w: all, odd });
      expectAllClose((await state.read())['w']!, all, {}, 'w');
      expectAllClose((await state.read())['odd']!, odd, {}, 'odd');
      await withCompiled(backend, state, [read], async (executable) => {
        const { w, wide } = await executable!.run();
        expectHostTensor(w, all, 'output w');
        expectAllClose(w!, all, {}, 'output w');
        const { outputs } = truth(read, {}, { w: all });
        assert(sameBits(wide!, outputs['wide']!), 'cast to f32 is not exact.');
      });
    }),
  );

  const product = productProgram(dtype);
  testPrograms(context, `${dtype}: products with a weight, its gradient, and rows of it`, [product], () =>
    withState(backend, product.state, async (state) => {
      const w = randomTensor(3, product.state['w']!, dtype === 'i8' ? [-127, 128] : [-1, 1]);
      const feeds = Object.fromEntries(
        Object.entries(product.feeds).map(([name, spec], i) => [
          name,
          name === 'ids' ? hostTensor('i32', [4], [0, 18, 7, 7]) : randomTensor(10 + i, spec, [-1, 1]),
        ]),
      );
      await state.write({ w });
      await withCompiled(backend, state, [product], async (executable) => {
        const outputs = await executable!.run(feeds);
        const expected = truth(product, feeds, { w }).outputs;
        const norm = normOf(Object.values(expected));
        const allowed = tolerancesFor(product, backend.capabilities.precision);
        for (const [name, value] of Object.entries(expected)) {
          expectAgreement(outputs[name]!, value, norm, name, allowed);
        }
      });
    }),
  );
}

function describeFloat(context: SuiteContext, dtype: 'bf16' | 'f16'): void {
  const { backend } = context;
  const x = toRound(dtype);
  const narrow = narrowProgram(dtype, x);
  testPrograms(context, `${dtype}: f32 is rounded to the nearest, ties to even`, [narrow], () =>
    withState(backend, {}, (state) =>
      withCompiled(backend, state, [narrow], async (executable) => {
        const outputs = await executable!.run({ x });
        expectHostTensor(outputs['narrow'], { shape: x.shape, dtype }, 'narrow');
        expectAllClose(outputs['narrow']!, narrowed(dtype, x), {}, 'narrow');
      }),
    ),
  );

  const update = updateProgram(dtype);
  testPrograms(context, `${dtype}: an update, and one that a guard holds back`, [update], () =>
    withState(backend, update.state, (state) =>
      withCompiled(backend, state, [update], async (executable) => {
        const feed = (...values: number[]) => ({ x: hostTensor('f32', [3], values) });
        await executable!.run({ ...feed(1, -2, 0.5), loss: hostTensor('f32', [], [1]) });
        const { old } = await executable!.run({ ...feed(9, 9, 9), loss: hostTensor('f32', [], [NaN]) });
        const expected = hostTensor(dtype, [3], [1, -2, 0.5]);
        expectAllClose(old!, expected, {}, 'old');
        expectAllClose((await state.read())['w']!, expected, {}, 'w');
      }),
    ),
  );
}

/** Storage types, where the backend has them: State, cast, and weights of products; where it has not, that it says so. */
export function describeStorage(context: SuiteContext): void {
  const { backend, runner } = context;
  runner.describe('storage types', () => {
    for (const dtype of storageTypes) describeDType(context, dtype);
    for (const dtype of floats) describeFloat(context, dtype);
    const lacking = storageTypes.find((dtype) => !backend.capabilities.dtypes.includes(dtype));
    if (lacking === undefined) return;
    runner.test(`${lacking} is refused by name, before anything is allocated`, async () => {
      const spec = { weight: { shape: [2], dtype: lacking } };
      const before = JSON.stringify(backend.memory());
      await expectError(() => backend.allocate(spec), 'DTYPE_MISMATCH', 'weight', lacking);
      assert(JSON.stringify(backend.memory()) === before, 'memory() grew.');
      await withState(backend, {}, (state) =>
        expectError(() => backend.compile(readProgram(spec.weight), state), 'DTYPE_MISMATCH', lacking),
      );
    });
  });
}
