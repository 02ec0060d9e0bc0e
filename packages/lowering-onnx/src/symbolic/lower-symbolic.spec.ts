import { GraphBuilder, type Tensor } from '@attune/core';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { lowerSymbolic, modelFiles, type OnnxGraph, type Sizes, type Weight } from '../index.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'f32' }) as const;
const i32 = (...shape: number[]) => ({ shape, dtype: 'i32' }) as const;
const lengths = { free: ['rows', 'tokens', 'past'], sums: { total: ['past', 'tokens'] } };

const ramp = (elementType: Weight['elementType'] = 'f32', shape = [2, 3]) => ({
  elementType,
  shape,
  // As f16, the bits of 0, 1, 2, …, which are tiny.
  read: async () => {
    const values = Array.from({ length: shape[0]! * shape[1]! }, (_, i) => i);
    const typed = elementType === 'f32' ? Float32Array.from(values) : Uint16Array.from(values);
    return new Uint8Array(typed.buffer);
  },
});

/** `y` of a program of any lengths. */
function graphOf(
  write: (g: GraphBuilder, sizes: Sizes) => Tensor,
  { weight = ramp(), wideFeeds = [] as string[] } = {},
): OnnxGraph {
  const trace = (sizes: Sizes) => {
    const g = new GraphBuilder('program');
    g.output('y', write(g, sizes));
    return g.build();
  };
  return lowerSymbolic(trace, { lengths, wideFeeds, weightOf: (name) => ({ ...weight, name }) });
}

const operators = ({ nodes }: OnnxGraph) => nodes.map(({ op }) => op);

async function run(graph: OnnxGraph, feeds: Record<string, OnnxTensor>): Promise<OnnxTensor> {
  const parts: Uint8Array[] = [];
  for await (const part of modelFiles(graph, { file: 'm' }).get('m')!) parts.push(part);
  const session = await InferenceSession.create(Buffer.concat(parts), { logSeverityLevel: 3 });
  try {
    return (await session.run(feeds))['y'] as OnnxTensor;
  } finally {
    await session.release();
  }
}

const numbers = (...dims: number[]) => {
  const size = dims.reduce((a, b) => a * b, 1);
  return new OnnxTensor(
    'float32',
    Float32Array.from({ length: size }, (_, i) => i),
    dims,
  );
};

describe('inputs and outputs', () => {
  const flat = () =>
    graphOf((g, { rows, tokens }) => g.reshape(g.feed('x', f32(rows!, tokens!, 4)), [-1, 4]));

  test('name their lengths, products by what they are made of', () => {
    const { inputs, outputs } = flat();
    expect(inputs).toMatchObject([{ name: 'x', elementType: 'f32', shape: ['rows', 'tokens', 4] }]);
    expect(outputs).toMatchObject([{ name: 'y', elementType: 'f32', shape: ['rows*tokens', 4] }]);
  });

  test('have any length when the model runs', async () => {
    for (const [rows, tokens] of [
      [1, 1],
      [2, 5],
      [300, 1],
    ] as const) {
      expect((await run(flat(), { x: numbers(rows, tokens, 4) })).dims).toEqual([rows * tokens, 4]);
    }
  });

  test('are of int64 where that is asked for, and cast where i32 is needed', async () => {
    const graph = graphOf(
      (g, { tokens }) => {
        const x = g.feed('x', i32(tokens!));
        return g.add(g.gather(g.state('w', f32(2, 3)), x), g.cast(g.reshape(x, [tokens!, 1]), 'f32'));
      },
      { wideFeeds: ['x'] },
    );
    expect(graph.inputs[0]).toMatchObject({ elementType: 'i64', shape: ['tokens'] });
    expect(operators(graph)).toEqual(['Gather', 'Cast', 'Reshape', 'Cast', 'Add']);
    const y = await run(graph, { x: new OnnxTensor('int64', BigInt64Array.from([1n, 0n]), [2]) });
    expect([...(y.data as Float32Array)]).toEqual([4, 5, 6, 0, 1, 2]);
  });
});

describe('shapes', () => {
  const lists = ({ initializers }: OnnxGraph) =>
    [...initializers.values()].flatMap((one) => (one.kind === 'ints' ? [one.values] : []));

  test('of Reshape say 0 for a length that stays, and −1 for one that is left', () => {
    const graph = graphOf((g, { rows, tokens }) =>
      g.reshape(g.feed('x', f32(rows!, tokens!, 6)), [rows!, 1, tokens!, 6]),
    );
    expect(operators(graph)).toEqual(['Reshape']);
    expect(lists(graph)).toEqual([[0, 1, -1, 6]]);
  });

  test('that neither says are computed from the inputs', async () => {
    const graph = graphOf((g, { rows, tokens }) => {
      const pairs = g.reshape(g.feed('x', f32(rows!, tokens!, 6)), [-1, 3]);
      return g.reshape(g.neg(pairs), [tokens!, rows!, 2, 3]);
    });
    expect(operators(graph)).toEqual(['Shape', 'Shape', 'Concat', 'Reshape', 'Neg', 'Reshape']);
    expect((await run(graph, { x: numbers(4, 5, 6) })).dims).toEqual([5, 4, 2, 3]);
  });

  test('of stretched tensors are computed, once for all that have them', async () => {
    const graph = graphOf((g, { tokens, total }) => {
      const [a, b] = [g.feed('a', f32(tokens!, 1)), g.feed('b', f32(1, total!))];
      const stretched = (x: Tensor) => g.broadcastTo(x, [tokens!, total!]);
      return g.concat([stretched(a), stretched(b)], 0);
    });
    expect(operators(graph).filter((op) => op === 'Shape')).toHaveLength(2);
    expect(graph.outputs[0]!.shape).toEqual(['2*tokens', 'total']);
    expect((await run(graph, { a: numbers(2, 1), b: numbers(1, 3) })).data).toEqual(
      Float32Array.from([0, 0, 0, 1, 1, 1, 0, 1, 2, 0, 1, 2]),
    );
  });

  test('in which slices begin and end are computed', async () => {
    const last = graphOf((g, { past, tokens, total }) => {
      g.output('length', g.feed('p', f32(past!)));
      g.output('new', g.feed('t', f32(tokens!)));
      return g.slice(g.feed('x', f32(total!)), [past!], [tokens!]);
    });
    const { data } = await run(last, { p: numbers(3), t: numbers(2), x: numbers(5) });
    expect([...(data as Float32Array)]).toEqual([3, 4]);
  });
});

test('positions are counted in the run, and constants are stretched in it', async () => {
  const graph = graphOf((g, { tokens }) => {
    const x = g.feed('x', f32(3, tokens!));
    const places = g.cast(g.iota([3, tokens!], 1), 'f32');
    return g.concat([g.mul(x, places), g.constant(7, [1, tokens!])], 0);
  });
  const { data } = await run(graph, { x: numbers(3, 2) });
  expect([...(data as Float32Array)]).toEqual([0, 1, 0, 3, 0, 5, 7, 7]);
});

describe('weights', () => {
  const stored = ({ initializers }: OnnxGraph) =>
    [...initializers.values()].flatMap((one) => (one.kind === 'weight' ? [one.weight] : []));
  const times = (g: GraphBuilder, { rows, tokens }: Sizes) =>
    g.matmul(g.feed('x', f32(rows!, tokens!, 3)), g.state('w', f32(2, 3)), { transposeB: true });

  test.each(['f32', 'f16'] as const)('are stored turned where products read them so: %s', async (type) => {
    const graph = graphOf(times, { weight: ramp(type) });
    expect(operators(graph)).toEqual(type === 'f32' ? ['MatMul'] : ['Cast', 'MatMul']);
    const [weight] = stored(graph);
    expect(weight).toMatchObject({ name: 'w', shape: [3, 2], elementType: type });
    const bytes = (await weight!.read()).buffer;
    expect([...(type === 'f32' ? new Float32Array(bytes) : new Uint16Array(bytes))]).toEqual([
      0, 3, 1, 4, 2, 5,
    ]);
  });

  test('that are a table, too, are stored once, as they are', async () => {
    const graph = graphOf((g, sizes) => {
      const rows = g.gather(g.state('w', f32(2, 3)), g.feed('i', i32(sizes['tokens']!, 1)));
      return g.add(times(g, sizes), g.sum(rows, [2]));
    });
    expect(stored(graph)).toMatchObject([{ name: 'w', shape: [2, 3] }]);
    expect(operators(graph)).toContain('Gemm');
    expect(operators(graph)).not.toContain('Transpose');
  });

  test('of f16 are widened after rows were taken', () => {
    const graph = graphOf((g, { tokens }) => g.gather(g.state('w', f32(2, 3)), g.feed('i', i32(tokens!))), {
      weight: ramp('f16'),
    });
    expect(operators(graph)).toEqual(['Gather', 'Cast']);
  });
});

describe('refused, by the node it is about, is', () => {
  const code = (message: RegExp) =>
    expect.objectContaining({ code: 'UNSUPPORTED_OP', message: expect.stringMatching(message) as string });
  const refusal = (write: (g: GraphBuilder, sizes: Sizes) => Tensor) => {
    try {
      graphOf(write);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const x = (g: GraphBuilder, { tokens }: Sizes) => g.feed('x', f32(tokens!));

  test('a length that is no product of those that vary', () => {
    const wrong = refusal((g, sizes) => g.neg(g.slice(x(g, sizes), [0], [sizes['tokens']! - 1])));
    expect(wrong).toEqual(
      code(/Slice\.\d+ takes a number, \d+, \d+, \d+, \d+, that changes from one length to/),
    );
  });

  test('a length in an element', () => {
    const wrong = refusal((g, sizes) => g.div(x(g, sizes), sizes['tokens']!));
    expect(wrong).toEqual(code(/\w+\.\d+ reads a constant that differs/));
  });

  test('an op that is not there for every length', () => {
    const wrong = refusal((g, sizes) =>
      sizes['tokens']! % 4 === 1 ? g.neg(x(g, sizes)) : g.exp(x(g, sizes)),
    );
    expect(wrong).toEqual(code(/(Neg|Exp)\.\d+ changes/));
    const more = refusal((g, sizes) =>
      sizes['tokens']! % 4 === 1 ? g.neg(g.exp(x(g, sizes))) : g.exp(x(g, sizes)),
    );
    expect(more).toEqual(code(/The graph has more nodes or fewer/));
  });

  test('an update: a model keeps no state', () => {
    const wrong = refusal((g, sizes) => {
      g.update('w', g.neg(g.state('w', f32(2, 3))));
      return x(g, sizes);
    });
    expect(wrong).toEqual(code(/"program" updates its state/));
  });
});
