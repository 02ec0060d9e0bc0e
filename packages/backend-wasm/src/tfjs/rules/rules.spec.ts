import {
  GraphBuilder,
  hostTensor,
  type Backend,
  type HostTensor,
  type Shape,
  type Tensor,
} from '@attune/core';
import { expectAllClose, expectValue, randomTensor, truth } from '@attune/backend-testkit';
import { backend as plugin } from '../../index.js';

/**
 * Cases that tfjs' WebAssembly kernels get wrong or refuse, and that the rules avoid. The conformance kit tests the
 * rest.
 */
let backend: Backend;
beforeAll(async () => {
  backend = await plugin.create({ engine: 'tfjs' });
});
afterAll(() => backend.dispose());

async function run(
  feeds: Record<string, HostTensor>,
  compute: (g: GraphBuilder, inputs: Record<string, Tensor>) => Tensor | Tensor[],
) {
  const g = new GraphBuilder('case');
  const inputs = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, g.feed(name, feed)]));
  [compute(g, inputs)].flat().forEach((result, i) => g.output(String(i), result));
  const program = g.build();
  const state = await backend.allocate({});
  const executable = await backend.compile(program, state);
  const actual = await executable.run(feeds);
  executable.dispose();
  state.dispose();
  return { actual, expected: truth(program, feeds).outputs };
}

async function expectTruth(...args: Parameters<typeof run>): Promise<void> {
  const { actual, expected } = await run(...args);
  for (const [name, value] of Object.entries(expected)) expectValue(actual[name]!, value, name);
}

const f32 = (shape: Shape, seed = 1) => randomTensor(seed, { shape, dtype: 'f32' });
/** Whole numbers beyond float32's 24 bits. */
const i32 = (shape: Shape, seed = 1) => randomTensor(seed, { shape, dtype: 'i32' }, [-(2 ** 31), 2 ** 31]);
const bool = (shape: Shape, seed = 1) => randomTensor(seed, { shape, dtype: 'bool' });

/** Pairs of shapes that broadcast: by a scalar, at the end, at the front, in the middle, from both sides. */
const pairs: [Shape, Shape][] = [
  [[], [5]],
  [[2, 3], [3]],
  [
    [2, 3],
    [1, 3],
  ],
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [
    [1, 1, 1],
    [2, 3, 4],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
  ],
  [
    [2, 1, 4, 1],
    [1, 3, 1, 5],
  ],
  [
    [2, 3, 1, 2, 3],
    [4, 1, 1],
  ],
  [
    [1, 2, 1, 2, 1, 2, 3],
    [2, 1, 2, 1, 2, 1, 1],
  ],
];

describe.each(pairs)('broadcasting %j and %j', (left, right) => {
  test('f32', () =>
    expectTruth({ a: f32(left, 1), b: f32(right, 2) }, (g, { a, b }) => [
      g.add(a!, b!),
      g.sub(a!, b!),
      g.mul(b!, a!),
      g.div(a!, g.add(g.abs(b!), 1)),
      g.maximum(a!, b!),
      g.minimum(b!, a!),
      g.less(a!, b!),
    ]));

  test('i32, exactly', () =>
    expectTruth({ a: i32(left, 1), b: i32(right, 2) }, (g, { a, b }) => [
      g.maximum(a!, b!),
      g.minimum(b!, a!),
      g.equal(a!, b!),
      g.less(b!, a!),
      g.lessEqual(a!, b!),
    ]));

  test('bool', () =>
    expectTruth({ a: bool(left, 1), b: bool(right, 2) }, (g, { a, b }) => [
      g.logicalAnd(a!, b!),
      g.logicalAnd(b!, g.logicalNot(a!)),
    ]));

  test.each([
    ['f32', f32],
    ['i32', i32],
    ['bool', bool],
  ] as const)('select, of %s', (_dtype, make) =>
    expectTruth({ c: bool(left, 1), a: make(right, 2), b: make([], 3) }, (g, { c, a, b }) => [
      g.select(c!, a!, b!),
      g.select(c!, b!, a!),
    ]),
  );
});

test.each([f32, i32, bool])('every order of four axes, and one of six', async (make) => {
  const orders = [0, 1, 2, 3].flatMap((a) =>
    [0, 1, 2, 3].flatMap((b) =>
      [0, 1, 2, 3].map((c) => [a, b, c, 6 - a - b - c]).filter((order) => new Set(order).size === 4),
    ),
  );
  await expectTruth({ x: make([2, 3, 1, 4]), y: make([2, 3, 1, 2, 3, 2]) }, (g, { x, y }) => [
    ...orders.map((order) => g.transpose(x!, order)),
    g.transpose(y!, [5, 2, 0, 1, 4, 3]),
  ]);
});

test('a product with a tensor, and with its reshape', () =>
  // XNNPACK's operator is kept by the id of the second operand, and the two share it.
  expectTruth({ a: f32([4, 6]), b: f32([6, 3]), c: f32([4, 3]) }, (g, { a, b, c }) => [
    g.matmul(a!, b!),
    g.matmul(c!, g.reshape(b!, [3, 6])),
    g.matmul(g.reshape(a!, [12, 2]), g.reshape(b!, [2, 9])),
  ]));

test.each([
  [1, 64, 8],
  [3, 5, 7],
  [8, 8, 8],
  [17, 49, 33],
])('products of [%i, %i] and [., %i], one and many, transposed or not', (m, k, n) =>
  expectTruth(
    { a: f32([m, k]), b: f32([k, n]), c: f32([2, 3, m, k]), d: f32([2, 3, k, n]), e: f32([3, m, k]) },
    (g, { a, b, c, d, e }) => {
      const turned = (x: Tensor) =>
        g.transpose(x, [...x.shape.keys()].slice(0, -2).concat(x.rank - 1, x.rank - 2));
      return [
        [a!, b!],
        [c!, d!],
        [e!, b!],
      ].flatMap(([left, right]) => [
        g.matmul(left!, right!),
        g.matmul(left!, turned(right!), { transposeB: true }),
        ...(left!.rank === right!.rank
          ? [
              g.matmul(turned(left!), right!, { transposeA: true }),
              g.matmul(turned(left!), turned(right!), { transposeA: true, transposeB: true }),
            ]
          : []),
      ]);
    },
  ),
);

test.each([1, 7, 1024, 1025, 2053, 16_384, 20_011])('sums of %i numbers, along rows and columns', (length) =>
  expectTruth({ x: f32([length, 2]), y: f32([2, length]) }, (g, { x, y }) => [
    g.sum(x!),
    g.sum(x!, [0]),
    g.sum(y!, [1]),
    g.sum(g.reshape(y!, [2, length, 1]), [0, 1], true),
  ]),
);

test('sums along axes apart from each other', () =>
  expectTruth({ x: f32([3, 4, 5, 2]) }, (g, { x }) =>
    [
      [0, 2],
      [1, 3],
      [0, 3],
      [1, 2],
      [0, 1, 3],
    ].map((axes, i) => g.sum(x!, axes, i % 2 === 0)),
  ));

test('casts to bool by comparing with 0', async () => {
  const feeds = {
    f: hostTensor('f32', [5], [0, -0, 0.5, 256, NaN]),
    i: hostTensor('i32', [4], [0, 256, -1, 2 ** 31 - 1]),
  };
  const { actual } = await run(feeds, (g, { f, i }) => [g.cast(f!, 'bool'), g.cast(i!, 'bool')]);
  expectAllClose(actual['0']!, hostTensor('bool', [5], [0, 0, 1, 1, 1]));
  expectAllClose(actual['1']!, hostTensor('bool', [4], [0, 1, 1, 1]));
});

test.each([f32, i32, bool])('slices that are cut at one axis or at several', (make) =>
  expectTruth({ x: make([3, 4, 5, 6]) }, (g, { x }) => [
    g.slice(x!, [1, 0, 0, 0], [2, 4, 5, 6]),
    g.slice(x!, [0, 0, 0, 2], [3, 4, 5, 3]),
    g.slice(x!, [0, 1, 0, 0], [3, 2, 5, 6]),
    g.slice(x!, [2, 3, 4, 5], [1, 1, 1, 1]),
    g.slice(x!, [0, 1, 2, 3], [2, 3, 2, 2]),
  ]),
);

test.each(['gather', 'scatterAdd', 'softmaxCrossEntropy'] as const)(
  '%s refuses an index out of range',
  async (op) => {
    for (const index of [-1, 4]) {
      const feeds = { ids: hostTensor('i32', [2], [0, index]), x: f32([2, 4]), table: f32([4, 2]) };
      const result = run(feeds, (g, { ids: fed, x, table }) => {
        // Computed, since those of a feed are checked before the run.
        const ids = g.sub(g.add(fed!, 1), 1);
        if (op === 'gather') return g.gather(table!, ids);
        return op === 'scatterAdd' ? g.scatterAdd(ids, x!, 4) : g.softmaxCrossEntropy(x!, ids);
      });
      await expect(result).rejects.toMatchObject({
        code: 'BACKEND_FAILURE',
        cause: expect.objectContaining({ code: 'TOKEN_OUT_OF_RANGE' }),
      });
    }
  },
);

test('zeros around seven axes', () =>
  expectTruth({ x: f32([2, 1, 2, 1, 2, 1, 3]) }, (g, { x }) =>
    g.pad(x!, [1, 0, 0, 2, 0, 1, 1], [0, 1, 0, 0, 1, 0, 2]),
  ));

test('empty tensors', () =>
  expectTruth({ x: f32([0, 3]), y: f32([3, 0]), z: f32([2, 3]) }, (g, { x, y, z }) => [
    g.sum(x!, [0]),
    g.matmul(y!, x!),
    g.matmul(x!, y!),
    g.add(x!, 1),
    g.concat([x!, z!], 0),
    g.pad(x!, [1, 0], [1, 0]),
  ]));
