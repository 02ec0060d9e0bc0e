import { fromBinary } from '@bufbuild/protobuf';
import {
  GraphBuilder,
  gradients,
  hostTensor,
  isAttuneError,
  item,
  scalar,
  type Program,
  type Tensor,
} from '@attune/core';
import { adamW, clipByGlobalNorm, crossEntropy, globalNorm, gpt2 } from '@attune/nn';
import { lower, loweredOps, type Target } from '../index.js';
import { ModelProtoSchema, TensorProto_DataType as DataType } from '../schema/onnx_pb.js';
import { nodesOf, operators, readGraph } from '../testing/read-model.js';
import { lowerLegal, runModel } from '../testing/run-model.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'f32' }) as const;
const i32 = (...shape: number[]) => ({ shape, dtype: 'i32' }) as const;

/** One step of a small GPT-2 with clipping and AdamW. */
function trainingStep(vocabSize = 11): Program {
  const g = new GraphBuilder('step');
  const model = gpt2({ vocabSize, blockSize: 8, nLayer: 2, nHead: 2, nEmbd: 8 });
  const batch = { x: g.feed('x', i32(3, 8)), y: g.feed('y', i32(3, 8)) };
  const { numerator, count } = crossEntropy().build(g, model.forward(g, batch), batch);
  const values = model.parameters.map((parameter) => g.state(parameter.name, parameter));
  const means = gradients(g, numerator, values).map((gradient) => g.div(gradient, count));
  const norm = globalNorm(g, means);
  const clipped = clipByGlobalNorm(g, means, norm, 1);
  const optimizer = adamW({ learningRate: 1e-3 });
  const names = Object.keys(optimizer.scalars(0));
  const scalars = Object.fromEntries(names.map((name) => [name, g.feed(name, f32())]));
  model.parameters.forEach((parameter, i) => {
    const slots = Object.entries(optimizer.slots(parameter)).map(([name, spec]): [string, Tensor] => [
      name,
      g.state(name, spec),
    ]);
    const next = optimizer.update(g, parameter, values[i]!, clipped[i]!, Object.fromEntries(slots), scalars);
    g.update(parameter.name, next.value);
    for (const [name, slot] of Object.entries(next.slots)) g.update(name, slot);
  });
  g.output('loss', g.div(numerator, count));
  return g.build();
}

describe.each<Target>(['cpu', 'webgpu', 'portable'])('a training step for %s', (target) => {
  const { model, inputs, outputs } = lowerLegal(trainingStep(), { target });

  test('names outputs directly, and adds rows without a race', () => {
    expect(operators(model)).not.toContain('Identity');
    expect(operators(model)).not.toContain('ScatterND');
  });

  test('holds int64 only where ONNX takes nothing else: shapes and axes', () => {
    const graph = readGraph(model);
    const wide = new Set(
      graph.initializer.filter(({ dataType }) => dataType === DataType.INT64).map(({ name }) => name),
    );
    const readers = graph.node.flatMap(({ opType, input }) =>
      input.flatMap((name, i) => (wide.has(name) ? [`${opType}.${i}`] : [])),
    );
    const allowed = [
      'Reshape.1',
      'ReduceSum.1',
      'Slice.1',
      'Slice.2',
      'Slice.3',
      'Expand.1',
      'Pad.1',
      'Split.1',
    ];
    expect(readers.filter((reader) => !allowed.includes(reader))).toEqual([]);
    expect(inputs.map(({ dtype }) => dtype)).not.toContain('bool');
  });

  test('needs opset 17 and, on the cpu alone, operators of onnxruntime', () => {
    const { opsetImport } = fromBinary(ModelProtoSchema, model);
    const domains = opsetImport.map(({ domain, version }) => `${domain}:${version}`);
    expect(domains).toEqual(target === 'cpu' ? [':17', 'com.microsoft:1'] : [':17']);
  });

  test('takes each feed and tensor of the state once, and yields each output and update once', () => {
    const program = trainingStep();
    const keys = (source: string) => inputs.filter((input) => input.source === source).map(({ key }) => key);
    expect(keys('feed').sort()).toEqual(Object.keys(program.feeds).sort());
    expect(keys('state').sort()).toEqual(Object.keys(program.state).sort());
    expect(outputs.map(({ name }) => name)).toEqual(readGraph(model).output.map(({ name }) => name));
    expect(outputs).toHaveLength(1 + Object.keys(program.updates).length);
  });

  test('computes weights of attention and normalised rows once for both directions', () => {
    expect(nodesOf(model, 'Softmax')).toHaveLength(2);
    expect(nodesOf(model, target === 'webgpu' ? 'Sqrt' : 'LayerNormalization').length).toBeGreaterThanOrEqual(
      5,
    );
    // For other programs the forward pass has the operator as a whole, its weight with it.
    const nodes = { cpu: 5, webgpu: 0, portable: 10 };
    expect(nodesOf(model, 'LayerNormalization')).toHaveLength(nodes[target]);
  });

  test('joins the gradients of slices side by side instead of adding padded ones', () => {
    expect(operators(model)).not.toContain('Pad');
    const alongLast = nodesOf(model, 'Concat').filter(({ attribute }) =>
      attribute.some(({ name, i }) => name === 'axis' && i === 2n),
    );
    expect(alongLast).toHaveLength(2);
  });

  test('updates small parameters by two updates, of those with weight decay and of those without', () => {
    // Of a second moment: Sqrt(β₂ v + …), where no normalisation takes its root; and the step's bias correction.
    const roots = nodesOf(model, 'Sqrt').length - (target === 'webgpu' ? 5 : 0);
    expect(roots).toBe(2 + 2);
    expect(nodesOf(model, 'ReduceSumSquare')).toHaveLength(2);
  });
});

test('for webgpu no node has more tensors than a shader has buffers', () => {
  const { model } = lowerLegal(trainingStep(), { target: 'webgpu' });
  const counts = readGraph(model).node.map(({ opType, input, output }) =>
    opType === 'Split' ? 1 + output.length : input.length + output.length,
  );
  expect(Math.max(...counts)).toBe(8);
});

test('large parameters are updated by themselves', () => {
  const roots = (vocabSize: number) =>
    nodesOf(lowerLegal(trainingStep(vocabSize), { target: 'cpu' }).model, 'Sqrt').length;
  expect(roots(513) - roots(512)).toBe(1);
});

test('for webgpu nothing is used that its provider lacks, and no batch is multiplied transposed', () => {
  const { model } = lowerLegal(trainingStep(), { target: 'webgpu' });
  const missing = [
    'LogSoftmax',
    'OneHot',
    'Min',
    'Max',
    'Sign',
    'Mod',
    'Or',
    'And',
    'FusedMatMul',
    'Dropout',
  ];
  expect(operators(model).filter((operator) => missing.includes(operator))).toEqual([]);
});

test('gradients are scaled and clipped inside of AdamW: no product passes over them first', () => {
  const { model } = lowerLegal(trainingStep(), { target: 'cpu' });
  const products = new Set(nodesOf(model, 'Gemm').flatMap((node) => node.output));
  const divided = nodesOf(model, 'Div').filter((node) => products.has(node.input[0]!));
  expect(divided).toEqual([]);
});

test('a big vocabulary adds its gradients where they are: into the product of the tied head', () => {
  const { model } = lowerLegal(trainingStep(60_000), { target: 'cpu' });
  const scatters = nodesOf(model, 'ScatterElements').filter(({ attribute }) =>
    attribute.some(({ name, i }) => name === 'axis' && i === 0n),
  );
  expect(scatters).toHaveLength(1);
  expect(nodesOf(model, 'Expand')).toHaveLength(1);
});

describe('constants', () => {
  test('equal ones are one initializer, and what depends on nothing is computed beforehand', () => {
    const g = new GraphBuilder('constants');
    const x = g.feed('x', f32(2, 3));
    const position = g.cast(g.add(g.iota([2, 3], 1), 1), 'f32');
    g.output('y', g.add(g.mul(x, position), g.mul(g.exp(x), position)));
    const { model } = lowerLegal(g.build(), { target: 'portable' });
    expect(operators(model).sort()).toEqual(['Add', 'Exp', 'Mul', 'Mul']);
    expect(readGraph(model).initializer).toHaveLength(1);
  });

  test('big ones of equal elements are a scalar, in the model and where they are read', async () => {
    const g = new GraphBuilder('fill');
    const x = g.feed('x', f32(100, 100));
    g.output('y', g.sub(g.constant(2, [100, 100]), x));
    g.output('zeros', g.constant(0, [300, 300]));
    const program = g.build();
    const { model } = lowerLegal(program, { target: 'cpu' });
    expect(model.length).toBeLessThan(1000);
    expect(operators(model).sort()).toEqual(['Expand', 'Sub']);
    const { y, zeros } = await runModel(
      program,
      { target: 'cpu' },
      { x: hostTensor('f32', [100, 100], new Float32Array(10_000).fill(0.5)) },
    );
    expect(y!.data.every((value) => value === 1.5)).toBe(true);
    expect(zeros!.data.length).toBe(90_000);
  });
});

test('an output that is an input, a constant or another output gets a node of its own', async () => {
  const g = new GraphBuilder('same');
  const x = g.feed('x', f32());
  const w = g.state('w', f32());
  const sum = g.add(x, w);
  g.output('x', x);
  g.output('a', sum);
  g.output('b', sum);
  g.output('five', g.constant(5));
  g.update('previous', w);
  const program = g.build();
  expect(nodesOf(lowerLegal(program, { target: 'cpu' }).model, 'Identity')).toHaveLength(4);
  const results = await runModel(program, { target: 'cpu' }, { x: scalar(1) }, { w: scalar(2) });
  const values = Object.fromEntries(Object.entries(results).map(([name, value]) => [name, item(value)]));
  expect(values).toEqual({ x: 1, a: 3, b: 3, five: 5, 'update.previous': 2 });
});

test('ten million numbers are summed to a relative error of 1e-6, squares too, in lengths of any kind', async () => {
  for (const size of [10_000_000, 7_654_321]) {
    const g = new GraphBuilder('sums');
    const x = g.feed('x', f32(size));
    g.output('sum', g.sum(x));
    g.output('squares', g.sum(g.square(x)));
    const data = new Float32Array(size);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < size; i++) {
      const value = (data[i] = ((i * 7919) % 10_007) / 10_007);
      sum += value;
      squares += value * value;
    }
    const results = await runModel(g.build(), { target: 'cpu' }, { x: hostTensor('f32', [size], data) });
    expect(Math.abs(item(results['sum']) / sum - 1)).toBeLessThan(1e-6);
    expect(Math.abs(item(results['squares']) / squares - 1)).toBeLessThan(1e-6);
  }
});

test('rows with a mean far from 0 are normalised without losing their variance', async () => {
  const g = new GraphBuilder('norm');
  const width = 64;
  const x = g.feed('x', f32(1, width));
  g.output('y', g.layerNorm(x, g.constant(1, [width]), undefined));
  const data = Float32Array.from({ length: width }, (_, i) => 4096 + (i % 2));
  for (const target of ['cpu', 'webgpu', 'portable'] as const) {
    const { y } = await runModel(g.build(), { target }, { x: hostTensor('f32', [1, width], data) });
    y!.data.forEach((value, i) => expect(value).toBeCloseTo(i % 2 ? 1 : -1, 3));
  }
});

describe('random numbers', () => {
  function dropped(seed: (g: GraphBuilder) => Tensor): Program {
    const g = new GraphBuilder('dropped');
    g.output('y', g.dropout(g.feed('x', f32(8)), seed(g), 0.5, 7));
    return g.build();
  }

  test('are drawn by a host program, from feeds alone', () => {
    const { inputs, hostProgram } = lowerLegal(
      dropped((g) => g.feed('seed', i32())),
      { target: 'cpu' },
    );
    expect(Object.keys(hostProgram!.feeds)).toEqual(['seed']);
    const drawn = inputs.filter(({ key }) => key !== 'x');
    expect(drawn.map(({ key, shape, dtype }) => ({ key, shape, dtype }))).toEqual([
      { key: Object.keys(hostProgram!.outputs)[0], shape: [8], dtype: 'bool' },
    ]);
    expect(inputs.map(({ key }) => key)).not.toContain('seed');
    expect(JSON.parse(JSON.stringify(hostProgram))).toEqual(hostProgram);
  });

  test('cannot be drawn where the seed is on the device', () => {
    const fromState = () =>
      lowerLegal(
        dropped((g) => g.state('seed', i32())),
        { target: 'cpu' },
      );
    expect(fromState).toThrow('cannot where the seed depends on state ("seed"). Feed the seed.');
  });
});

test('slices that lie side by side are one node where all programs can run it, others are not', () => {
  const g = new GraphBuilder('thirds');
  const x = g.feed('x', f32(2, 6));
  const third = (part: number) => g.slice(x, [0, 2 * part], [2, 2]);
  g.output('y', g.sub(third(2), g.mul(third(0), third(1))));
  g.output('z', g.slice(g.feed('a', f32(4)), [1], [2]));
  const count = (target: Target, op: string) => nodesOf(lowerLegal(g.build(), { target }).model, op).length;
  expect([count('portable', 'Split'), count('portable', 'Slice')]).toEqual([1, 1]);
  expect([count('cpu', 'Split'), count('cpu', 'Slice')]).toEqual([0, 4]);
});

test('an op without a rule is refused', () => {
  const g = new GraphBuilder('dropout');
  g.output('y', g.dropout(g.feed('x', f32(2)), g.feed('seed', i32()), 0.5, 0));
  expect(loweredOps('cpu')).not.toContain('dropout');
  try {
    lower(g.build(), { target: 'cpu' });
    throw new Error('It was lowered.');
  } catch (error) {
    expect(isAttuneError(error, 'UNSUPPORTED_OP')).toBe(true);
  }
});

describe.each<Target>(['cpu', 'webgpu', 'portable'])('NaN, for %s', (target) => {
  const { NaN, Infinity } = globalThis;
  const x = hostTensor('f32', [3, 3], [1, 2, NaN, 3, NaN, Infinity, 4, Infinity, -5]);
  const y = hostTensor('f32', [3, 3], [NaN, 3, 1, 2, NaN, 5, 4, NaN, -6]);

  test('is the largest of numbers that it is one of, wherever it stands', async () => {
    const g = new GraphBuilder('max');
    for (const axes of [[0], [1], [0, 1]]) g.output(axes.join(), g.max(g.feed('x', f32(3, 3)), axes));
    const largest = await runModel(g.build(), { target }, { x });
    expect([...largest['0']!.data]).toEqual([4, NaN, NaN]);
    expect([...largest['1']!.data]).toEqual([NaN, NaN, Infinity]);
    expect([...largest['0,1']!.data]).toEqual([NaN]);
  });

  test('is the larger and the smaller of two, on either side', async () => {
    const g = new GraphBuilder('extrema');
    const [a, b] = [g.feed('x', f32(3, 3)), g.feed('y', f32(3, 3))];
    g.output('larger', g.maximum(a, b));
    g.output('smaller', g.minimum(a, b));
    const { larger, smaller } = await runModel(g.build(), { target }, { x, y });
    expect([...larger!.data]).toEqual([NaN, 3, NaN, 3, NaN, Infinity, 4, NaN, -5]);
    expect([...smaller!.data]).toEqual([NaN, 2, NaN, 2, NaN, 5, 4, NaN, -6]);
  });
});
