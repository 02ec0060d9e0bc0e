import { formatSpec, type DType, type GraphBuilder, type Shape, type Tensor } from '@attune/core';
import { bool, f32, f32Values, i32, i32Values, type CaseInput, type OpCase } from './op-case.js';

type Unary = (g: GraphBuilder, x: Tensor) => Tensor;
type Binary = (g: GraphBuilder, a: Tensor, b: Tensor) => Tensor;

/** Functions of one number, each on the interval where it is smooth and tells most. */
const unary: Readonly<Record<string, readonly [Unary, readonly [number, number]]>> = {
  neg: [(g, x) => g.neg(x), [-3, 3]],
  abs: [(g, x) => g.abs(x), [-3, 3]],
  exp: [(g, x) => g.exp(x), [-6, 6]],
  log: [(g, x) => g.log(x), [0.01, 9]],
  sqrt: [(g, x) => g.sqrt(x), [0.01, 9]],
  rsqrt: [(g, x) => g.rsqrt(x), [0.05, 9]],
  tanh: [(g, x) => g.tanh(x), [-4, 4]],
  sigmoid: [(g, x) => g.sigmoid(x), [-8, 8]],
  erf: [(g, x) => g.erf(x), [-4, 4]],
  'gelu exact': [(g, x) => g.gelu(x, 'none'), [-5, 5]],
  'gelu tanh': [(g, x) => g.gelu(x, 'tanh'), [-5, 5]],
  silu: [(g, x) => g.silu(x), [-8, 8]],
};

const arithmetic: Readonly<Record<string, Binary>> = {
  add: (g, a, b) => g.add(a, b),
  sub: (g, a, b) => g.sub(a, b),
  mul: (g, a, b) => g.mul(a, b),
  maximum: (g, a, b) => g.maximum(a, b),
  minimum: (g, a, b) => g.minimum(a, b),
};

const comparisons: Readonly<Record<string, Binary>> = {
  equal: (g, a, b) => g.equal(a, b),
  less: (g, a, b) => g.less(a, b),
  lessEqual: (g, a, b) => g.lessEqual(a, b),
};

/** Pairs of shapes that broadcast, in both directions and in the middle. */
const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[5], []],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 3, 4],
    [2, 1, 4],
  ],
  [
    [1, 3, 1],
    [2, 1, 4],
  ],
  [
    [2, 3, 2, 2],
    [3, 1, 2],
  ],
  [
    [2, 1, 3, 1, 2],
    [1, 2, 1, 2, 1],
  ],
];

function binaryCase(
  name: string,
  compute: Binary,
  a: CaseInput,
  b: CaseInput,
  more: Partial<OpCase> = {},
): OpCase {
  return {
    name: `${name} ${formatSpec(a)} ${formatSpec(b)}`,
    inputs: { a, b },
    compute: (g, { a: left, b: right }) => compute(g, left!, right!),
    ...more,
  };
}

const unaryCases = Object.entries(unary).flatMap(([name, [compute, range]]) =>
  ([[], [37], [2, 1, 3, 5]] as Shape[]).map((shape): OpCase => {
    const x = f32(shape, range);
    return {
      name: `${name} ${formatSpec(x)}`,
      inputs: { x },
      compute: (g, inputs) => compute(g, inputs['x']!),
    };
  }),
);

const arithmeticCases = Object.entries(arithmetic).flatMap(([name, compute]) => [
  ...pairs.map(([a, b]) => binaryCase(name, compute, f32(a), f32(b))),
  binaryCase(name, compute, i32([2, 3], [-9, 9]), i32([3], [-9, 9])),
]);

const comparisonCases = Object.entries(comparisons).flatMap(([name, compute]) => [
  binaryCase(name, compute, f32Values([2, 3], [1, -2, 0, 3, 1e-30, 5]), f32Values([3], [1, -1, 0]), {
    wrt: [],
  }),
  binaryCase(name, compute, i32([4, 1], [0, 4]), i32([1, 5], [0, 4])),
]);

/** Whole numbers that are large: float32 would round them. */
const large = [2 ** 24 + 1, 2 ** 24 + 3, -(2 ** 24) - 1, 2 ** 30 + 1];

function castCase(from: CaseInput, to: DType, name = formatSpec(from)): OpCase {
  return {
    name: `cast ${name} to ${to}`,
    inputs: { x: from },
    compute: (g, { x }) => g.cast(x!, to),
    wrt: [],
  };
}

/** Ops that map elements to elements, and broadcast. */
export const elementwiseCases: readonly OpCase[] = [
  ...unaryCases,
  ...arithmeticCases,
  ...pairs.map(([a, b]) => binaryCase('div', (g, x, y) => g.div(x, y), f32(a), f32(b, [0.5, 2]))),
  ...comparisonCases,
  binaryCase('add of large', arithmetic['add']!, i32Values([4], large), i32Values([], [2])),
  // Products, differences and choices of whole numbers beyond 2^24, which stay within 32 bits.
  ...(['sub', 'maximum', 'minimum'] as const).map((name) =>
    binaryCase(`${name} of large`, arithmetic[name]!, i32Values([4], large), i32Values([], [2 ** 24 + 2])),
  ),
  binaryCase(
    'mul of large',
    arithmetic['mul']!,
    i32Values([3], [4099, -46_337, 65_537]),
    i32Values([3], [4099, 46_337, 32_765]),
  ),
  // Beyond 32 bits they wrap around, as two's complement does.
  binaryCase(
    'add beyond 32 bits',
    arithmetic['add']!,
    i32Values([2], [2 ** 31 - 1, -(2 ** 31)]),
    i32Values([2], [1, -1]),
  ),
  ...(['less', 'lessEqual', 'equal'] as const).map((name) =>
    binaryCase(
      `${name} of large neighbours`,
      comparisons[name]!,
      i32Values([2], [2 ** 24, 2 ** 24 + 1]),
      i32Values([2], [2 ** 24 + 1, 2 ** 24]),
    ),
  ),
  {
    name: 'select i32 of large',
    inputs: { condition: bool([4]), a: i32Values([4], large), b: i32Values([4], [...large].reverse()) },
    compute: (g, { condition, a, b }) => g.select(condition!, a!, b!),
  },
  binaryCase('equal of large', comparisons['equal']!, i32Values([4], large), i32Values([], [2 ** 24 + 1])),
  ...(['maximum', 'minimum'] as const).map((name) =>
    binaryCase(`${name} of ties`, arithmetic[name]!, f32Values([3], [1, 2, 3]), f32Values([3], [1, 5, 3]), {
      kink: true,
    }),
  ),
  { name: 'square f32[7]', inputs: { x: f32([7]) }, compute: (g, { x }) => g.square(x!) },
  {
    name: 'abs at 0',
    inputs: { x: f32Values([3], [0, -2, 2]) },
    compute: (g, { x }) => g.abs(x!),
    kink: true,
  },
  binaryCase('logicalAnd', (g, a, b) => g.logicalAnd(a, b), bool([3, 4]), bool([4])),
  { name: 'logicalNot bool[11]', inputs: { x: bool([11]) }, compute: (g, { x }) => g.logicalNot(x!) },
  ...(['f32', 'i32'] as const).map((dtype): OpCase => ({
    name: `select ${dtype} of three shapes`,
    inputs: {
      condition: bool([2, 1, 4]),
      a: { shape: [3, 1], dtype, range: [-9, 9] },
      b: { shape: [4], dtype, range: [-9, 9] },
    },
    compute: (g, { condition, a, b }) => g.select(condition!, a!, b!),
  })),
  {
    name: 'select with a number',
    inputs: { condition: bool([3, 4]), x: f32([3, 4]) },
    compute: (g, { condition, x }) => [g.select(condition!, x!, -10), g.select(condition!, 0, x!)],
  },
  castCase(f32Values([6], [-2.7, -0.5, 0, 0.5, 2.7, 100]), 'i32'),
  castCase(f32Values([4], [-1, 0, 0.25, 3]), 'bool'),
  castCase(i32([2, 3], [-5, 5]), 'f32'),
  castCase(i32Values([4], large), 'f32', 'large i32[4]'),
  castCase(i32([2, 3], [-1, 2]), 'bool'),
  castCase(bool([7]), 'f32'),
  castCase(bool([7]), 'i32'),
];
