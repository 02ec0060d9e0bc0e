import { GraphBuilder, Random, type Program, type Shape } from '@attune/core';

/** A computation from one array to another, which every engine does: in attune's graph, and named, for those with an API of their own. */
export interface Work {
  readonly kind: 'products' | 'chain' | 'softmax' | 'layer norm';
  /** The shape of the input, and of the output. */
  readonly shape: Shape;
  /** Matrices of a chain of products, each `[n, n]`, or scale and shift of a norm: they stay where the engine has them. */
  readonly weights: Readonly<Record<string, Shape>>;
  /** How often the engine does it in one run. */
  readonly steps: number;
}

/** Sizes of the products, from those where calling costs more than computing, up to those that fill caches. */
const productSizes = [64, 128, 256, 512, 1024];

function products(n: number): Work {
  const steps = n > 512 ? 4 : 8;
  const weights = Object.fromEntries(Array.from({ length: steps }, (_, i) => [`w${i}`, [n, n] as const]));
  return { kind: 'products', shape: [n, n], weights, steps };
}

function norm(rows: number, columns: number): Work {
  return {
    ...{ kind: 'layer norm', shape: [rows, columns], steps: 1 },
    weights: { scale: [columns], shift: [columns] },
  };
}

/** All of them, by name. */
export const works: Readonly<Record<string, Work>> = Object.fromEntries(
  [
    ...productSizes.map(products),
    ...[4096, 65_536, 1 << 20].map((n): Work => ({ kind: 'chain', shape: [n], weights: {}, steps: 1 })),
    ...[128, 256, 1024].map((n): Work => ({ kind: 'softmax', shape: [n, n], weights: {}, steps: 1 })),
    ...[128, 256, 1024].map((n) => norm(n, n)),
  ].map((work) => [`${work.kind} ${work.shape.join(' × ')}`, work]),
);

/** Numbers of a unit normal distribution, the same for every engine. Matrices are scaled so that products keep their size. */
export function numbersOf(shape: Shape, seed: number): Float32Array {
  const random = new Random(seed);
  const scale = shape.length === 2 && seed > 0 ? 1 / Math.sqrt(shape[0]!) : 1;
  const length = shape.reduce((product, extent) => product * extent, 1);
  return Float32Array.from({ length }, () => scale * random.normal());
}

/** The same work as a program: `x` is fed, and `y` is its output. */
export function programOf({ kind, shape, weights, steps }: Work): Program {
  const g = new GraphBuilder(kind);
  const x = g.feed('x', { shape, dtype: 'f32' });
  const weight = (name: string) => g.state(name, { shape: weights[name]!, dtype: 'f32' });
  const body = {
    products: () =>
      Array.from({ length: steps }, (_, i) => weight(`w${i}`)).reduce((y, w) => g.matmul(y, w), x),
    // x · sigmoid(x) + tanh(0.8 x) / 2 − exp(−x²)
    chain: () =>
      g.sub(g.add(g.mul(x, g.sigmoid(x)), g.mul(g.tanh(g.mul(x, 0.8)), 0.5)), g.exp(g.neg(g.mul(x, x)))),
    softmax: () => g.softmax(x),
    'layer norm': () => g.layerNorm(x, weight('scale'), weight('shift'), 1e-5),
  } satisfies Record<Work['kind'], () => unknown>;
  g.output('y', body[kind]());
  return g.build();
}
