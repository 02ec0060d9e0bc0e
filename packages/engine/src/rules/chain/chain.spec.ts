import { readFileSync } from 'node:fs';
import {
  engineBackend,
  GraphBuilder,
  hostArrayTypes,
  interpret,
  NdArray,
  sizeOf,
  type ComputeDType,
  type DType,
  type HostTensors,
  type NdArrays,
  type Program,
  type Shape,
  type Tensor,
} from '@attune/core';
import { engineOn } from '../../engine.js';
import { stepsOf } from '../../testing/kernels.js';
import { testHost } from '../../testing/test-host.js';
import { chainOps } from './ops.js';

const backend = engineBackend(engineOn(testHost(), { name: 'engine', description: 'WebAssembly' }));
afterAll(() => backend.dispose());

/** Numbers in [0, 1) from a seed. */
function numbersFrom(seed: number): () => number {
  let x = seed >>> 0;
  return () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function array(shape: Shape, dtype: DType, value: (i: number) => number): NdArray {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, i) => value(i));
  const type = hostArrayTypes[dtype];
  return new NdArray(shape, dtype, new type(numbers));
}

/** Outputs and updates of a program, by the engine. */
async function run(
  program: Program,
  { feeds = {}, state = {} }: { feeds?: NdArrays; state?: NdArrays },
): Promise<HostTensors> {
  const allocated = await backend.allocate(program.state);
  const executable = await backend.compile(program, allocated);
  try {
    await allocated.write(state as HostTensors);
    const outputs = await executable.run(feeds as HostTensors);
    return { ...outputs, ...(await allocated.read(Object.keys(program.updates))) };
  } finally {
    executable.dispose();
    allocated.dispose();
  }
}

function expectClose(actual: HostTensors, expected: NdArrays, tolerance = 2e-6): void {
  for (const [name, { data }] of Object.entries(expected)) {
    const got = actual[name]!.data;
    const wrong = [...data].findIndex((value, i) => {
      if (Number.isNaN(value) || !Number.isFinite(value)) return !Object.is(got[i], value);
      return !(Math.abs(got[i]! - value) <= tolerance * Math.max(1, Math.abs(value)));
    });
    if (wrong >= 0) throw new Error(`${name}[${wrong}] is ${got[wrong]}, not ${data[wrong]}.`);
    expect(got.length).toBe(data.length);
  }
}

/** Runs a program by the engine and by the definitions of its ops. */
async function expectAgreement(
  program: Program,
  inputs: { feeds?: NdArrays; state?: NdArrays },
  tolerance?: number,
): Promise<void> {
  const { outputs, updates } = interpret(program, inputs, 'f64');
  expectClose(await run(program, inputs), { ...outputs, ...updates }, tolerance);
}

test('the ops of a chain have the same numbers here and in the kernels', () => {
  const file = readFileSync(new URL('../../../kernels/chain-ops.def', import.meta.url), 'utf8');
  expect([...file.matchAll(/^[A-Z]+\((\w+)/gm)].map(([, name]) => name)).toEqual(chainOps);
});

describe('chains of random ops', () => {
  const shapes: Shape[] = [[], [1], [7], [5, 13], [3, 1, 50], [0, 4], [2, 37, 64], [1031], [2, 17000]];

  function narrowed(shape: Shape, next: () => number): Shape {
    const kept = shape.map((length) => (next() < 0.4 ? 1 : length));
    return kept.slice(next() < 0.3 ? Math.floor(next() * kept.length) : 0);
  }

  function randomChain(seed: number, shape: Shape): { program: Program; feeds: NdArrays } {
    const next = numbersFrom(seed);
    const below = (n: number) => Math.floor(next() * n);
    const g = new GraphBuilder(`chain ${seed}`);
    const feeds: Record<string, NdArray> = {};
    const feed = (dtype: ComputeDType, of: Shape): Tensor => {
      const name = `x${Object.keys(feeds).length}`;
      const draw = { f32: () => next() * 4 - 2, i32: () => below(9) - 4, bool: () => below(2) }[dtype];
      const value =
        dtype === 'f32' && next() < 0.3 ? () => [NaN, Infinity, 1, -2][below(40)] ?? draw() : draw;
      feeds[name] = array(of, dtype, value);
      return g.feed(name, { shape: of, dtype });
    };
    const tensors: Record<ComputeDType, Tensor[]> = { f32: [], i32: [], bool: [] };
    for (const dtype of ['f32', 'i32', 'bool'] as const) {
      tensors[dtype].push(
        feed(dtype, shape),
        feed(dtype, narrowed(shape, next)),
        feed(dtype, narrowed(shape, next)),
      );
    }
    tensors.f32.push(g.constant(0.75), g.constant(-1.5));
    const any = (dtype: ComputeDType) => tensors[dtype][below(tensors[dtype].length)]!;
    const moves: readonly (() => Tensor)[] = [
      () => g.tanh(any('f32')),
      () => g.exp(g.neg(g.abs(any('f32')))),
      () => g.mul(any('f32'), 0.5),
      () => g.add(g.mul(any('f32'), 0.25), any('f32')),
      () => g.sub(any('f32'), any('f32')),
      () => g.maximum(any('f32'), any('f32')),
      () => g.minimum(any('f32'), any('f32')),
      () => g.div(any('f32'), g.add(1, g.square(any('f32')))),
      () => g.select(any('bool'), any('f32'), any('f32')),
      () => g.select(any('bool'), any('i32'), any('i32')),
      () => g.less(any('f32'), any('f32')),
      () => g.lessEqual(any('i32'), any('i32')),
      () => g.equal(any('i32'), any('i32')),
      () => g.logicalAnd(any('bool'), g.logicalNot(any('bool'))),
      () => g.minimum(g.add(any('i32'), any('i32')), 100),
      () => g.maximum(g.sub(any('i32'), any('i32')), -100),
      () => g.cast(any('bool'), 'f32'),
      () => g.cast(any('i32'), 'f32'),
      () => g.cast(any('bool'), 'i32'),
    ];
    for (let i = 0; i < 30; i++) {
      const candidate = moves[below(moves.length)]!();
      tensors[candidate.dtype as ComputeDType].push(candidate);
    }
    for (const dtype of ['f32', 'i32', 'bool'] as const) {
      g.output(`${dtype} last`, tensors[dtype].at(-1)!);
      g.output(`${dtype} any`, any(dtype));
    }
    return { program: g.build(), feeds };
  }

  test.each(shapes.map((shape, i) => [`[${shape.join(', ')}]`, shape, i] as const))(
    'over %s',
    async (_name, shape, i) => {
      for (let seed = 0; seed < (sizeOf(shape) > 5000 ? 2 : 10); seed++) {
        const { program, feeds } = randomChain(100 * i + seed, shape);
        await expectAgreement(program, { feeds }, 2e-5);
      }
    },
  );

  test('more values at a time than there are registers', async () => {
    const g = new GraphBuilder('wide');
    const shape = [1500];
    const feeds = Object.fromEntries(
      Array.from(
        { length: 32 },
        (_, i) => [`x${i}`, array(shape, 'f32', (k) => Math.sin(k + 7 * i))] as const,
      ),
    );
    let level = Object.keys(feeds).map((name) => g.tanh(g.feed(name, { shape, dtype: 'f32' })));
    // Each is used twice, so that none can be given up early.
    level = level.map((t, i) => g.mul(t, level[(i + 16) % 32]!));
    g.output(
      'y',
      level.reduce((a, b) => g.sub(b, a)),
    );
    await expectAgreement(g.build(), { feeds });
  });

  test('numbers of 32 bits wrap, and a cast takes them modulo 2³²', async () => {
    const g = new GraphBuilder('integers');
    const numbers = [
      0,
      1.9,
      -1.9,
      2 ** 31,
      -(2 ** 31),
      2 ** 32 + 1024,
      -(2 ** 33) - 2048,
      1e30,
      NaN,
      Infinity,
    ];
    const x = array([numbers.length], 'f32', (i) => numbers[i]!);
    const i = g.cast(g.feed('x', { shape: x.shape, dtype: 'f32' }), 'i32');
    g.output('i', i);
    g.output('sum', g.add(g.add(i, 2147483647), 2147483647));
    g.output('bool', g.cast(i, 'bool'));
    await expectAgreement(g.build(), { feeds: { x } }, 0);
  });
});

describe('sums', () => {
  test.each([0, 1, 5, 1024, 40_009, 100_000])('of %d elements of a chain', async (size) => {
    const g = new GraphBuilder('sum');
    const x = array([size], 'f32', (i) => Math.sin(i) + 1);
    const t = g.feed('x', { shape: [size], dtype: 'f32' });
    g.output('sum', g.sum(g.mul(g.div(t, 3), g.div(t, 3)), [0]));
    g.output('plain', g.sum(t, [0]));
    await expectAgreement(g.build(), { feeds: { x } }, 1e-6);
  });
});

describe('steps', () => {
  const spec = { shape: [64, 32], dtype: 'f32' } as const;
  const feed = (g: GraphBuilder, name: string) => g.feed(name, spec);

  const programs: Readonly<
    Record<string, readonly [build: (g: GraphBuilder) => void, steps: readonly string[]]>
  > = {
    'what nobody else reads is taken along': [
      (g) =>
        g.output('y', g.mul(g.tanh(g.add(feed(g, 'x'), g.feed('row', { shape: [32], dtype: 'f32' }))), 2)),
      ['mul'],
    ],
    'so is what is read twice in the chain': [
      (g) => {
        const y = g.sigmoid(feed(g, 'x'));
        g.output('y', g.mul(y, g.sub(1, y)));
      },
      ['mul'],
    ],
    'an expensive function that others read is computed once': [
      (g) => {
        const y = g.tanh(feed(g, 'x'));
        g.output('a', g.mul(y, 2));
        g.output('b', g.mul(y, 3));
      },
      ['tanh', 'mul', 'mul'],
    ],
    'a cheap one is computed by each of them': [
      (g) => {
        const y = g.div(feed(g, 'x'), 3);
        g.output('a', g.mul(y, y));
        g.output('b', g.sum(g.mul(y, 3), [0, 1]));
      },
      ['mul', 'sum'],
    ],
    'but not one that reads more than its result': [
      (g) => {
        const y = g.add(feed(g, 'x'), feed(g, 'z'));
        g.output('a', g.mul(y, 2));
        g.output('b', g.mul(y, 3));
      },
      ['add', 'mul', 'mul'],
    ],
    'views are looked through, what is repeated is read where it is': [
      (g) => {
        const column = g.feed('column', { shape: [64], dtype: 'f32' });
        const wide = g.broadcastTo(g.reshape(column, [64, 1]), [64, 32]);
        g.output('y', g.exp(g.reshape(g.mul(feed(g, 'x'), wide), [2048])));
      },
      ['exp'],
    ],
  };

  test.each(Object.entries(programs))('%s', (_name, [build, steps]) => {
    const g = new GraphBuilder('steps');
    build(g);
    expect(stepsOf(g.build())).toEqual(steps);
  });
});

describe('an update by AdamW, clipped', () => {
  const attrs = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };

  test.each([1, 17, 1000, 33_001])('of %d elements, in place', async (size) => {
    const g = new GraphBuilder('update');
    const spec = { shape: [size], dtype: 'f32' } as const;
    const [p, m, v] = ['p', 'm', 'v'].map((name) => g.state(name, spec)) as [Tensor, Tensor, Tensor];
    const scalars = ['lr', 'c1', 'c2', 'count'].map((name) => g.feed(name, { shape: [], dtype: 'f32' }));
    const grad = g.div(g.feed('grad', spec), scalars[3]!);
    const norm = g.sqrt(g.sum(g.mul(grad, grad), [0]));
    const clip = g.minimum(g.div(1, g.add(norm, 1e-6)), 1);
    g.output('norm', norm);
    const updated = g.applyAll('adamW', [p, g.mul(grad, clip), m, v, ...scalars.slice(0, 3)], attrs);
    ['p', 'm', 'v'].forEach((name, i) => g.update(name, updated[i]!));
    const random = numbersFrom(size);
    const scalar = (value: number) => array([], 'f32', () => value);
    await expectAgreement(
      g.build(),
      {
        state: {
          p: array([size], 'f32', () => random() - 0.5),
          m: array([size], 'f32', () => 0.1 * (random() - 0.5)),
          v: array([size], 'f32', () => 0.01 * random()),
        },
        feeds: {
          grad: array([size], 'f32', () => random() - 0.5),
          ...{ lr: scalar(1e-2), c1: scalar(0.1), c2: scalar(0.001), count: scalar(12) },
        },
      },
      2e-6,
    );
  });
});
