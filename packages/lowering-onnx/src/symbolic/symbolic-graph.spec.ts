import { InferenceSession, Tensor } from 'onnxruntime-node';
import { modelFiles, SymbolicGraph } from './index.js';

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const weight = (name: string, values: readonly number[]) => ({
  name,
  elementType: 'f32' as const,
  shape: [values.length],
  read: async () => new Uint8Array(Float32Array.from(values).buffer),
});

/** `y = x · w + [1, 1, 1]`, for any number of rows. */
function affine(): SymbolicGraph {
  const g = new SymbolicGraph('affine');
  const x = g.input('x', 'f32', ['rows', 3]);
  const product = g.within('scaled', () => g.node('Mul', [x, g.weight(weight('w', [1, 2, 3]))]));
  g.output('y', g.node('Add', [product, g.floats([1, 1, 1])]), 'f32', ['rows', 3]);
  return g;
}

async function run(session: InferenceSession, rows: number): Promise<number[]> {
  const x = new Tensor(
    'float32',
    Float32Array.from({ length: rows * 3 }, (_, i) => i),
    [rows, 3],
  );
  const { y } = await session.run({ x });
  return Array.from(y!.data as Float32Array);
}

test('runs with any length of a named dimension', async () => {
  const files = modelFiles(affine(), { file: 'model.onnx' });
  expect([...files.keys()]).toEqual(['model.onnx']);
  const session = await InferenceSession.create(await bytesOf(files.get('model.onnx')!));
  expect(await run(session, 1)).toEqual([1, 3, 7]);
  expect(await run(session, 2)).toEqual([1, 3, 7, 4, 9, 16]);
  await session.release();
});

test('equal constants are one, and a weight that is used twice is stored once', () => {
  const g = new SymbolicGraph('twice');
  const w = weight('w', [1]);
  expect(g.weight(w)).toEqual(g.weight(w));
  expect(g.weights).toHaveLength(1);
  expect(g.ints([0, -1])).toEqual(g.ints([0, -1]));
  expect([g.int(1), g.ints([1]), g.float(1), g.floats([1])].map(({ name }) => name)).toEqual([
    'constant_1',
    'constant_2',
    'constant_3',
    'constant_4',
  ]);
  expect(g.toProto().initializer).toHaveLength(5);
});

test('nodes are named by where they were written', () => {
  const names = affine()
    .toProto()
    .node.map(({ name }) => name);
  expect(names).toEqual(['/scaled/Mul', '/Add', '/y']);
});

test('two values of one name are refused', () => {
  const g = affine();
  expect(() => g.input('x', 'f32', [1])).toThrow('Two values of the ONNX graph affine are called x.');
});

test('weights beside the model are read from there, each file as long as is allowed', async () => {
  const g = new SymbolicGraph('sum');
  const x = g.input('x', 'f32', ['rows', 3]);
  const weights = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ].map((values, i) => g.weight(weight(`w${i}`, values)));
  g.output(
    'y',
    weights.reduce((sum, w) => g.node('Add', [sum, w]), x),
    'f32',
    ['rows', 3],
  );
  // A weight begins on a page of its own: two fit into this.
  const files = modelFiles(g, { file: 'm.onnx', maxModelBytes: 35, maxDataBytes: 4108 });
  expect([...files.keys()]).toEqual(['m.onnx', 'm.onnx_data', 'm.onnx_data_1']);
  const [model, ...data] = await Promise.all([...files.values()].map(bytesOf));
  expect(data.map((bytes) => bytes.length)).toEqual([4108, 12]);
  const session = await InferenceSession.create(model!, {
    externalData: data.map((bytes, i) => ({ path: [...files.keys()][i + 1]!, data: bytes })),
  });
  expect(await run(session, 1)).toEqual([12, 16, 20]);
  await session.release();
});

test('as many bytes as are allowed are still part of the model', () => {
  expect([...modelFiles(affine(), { file: 'm.onnx', maxModelBytes: 12 }).keys()]).toHaveLength(1);
  expect([...modelFiles(affine(), { file: 'm.onnx', maxModelBytes: 11 }).keys()]).toHaveLength(2);
});

test('a weight of another size than its shape is refused', async () => {
  const g = new SymbolicGraph('short');
  const w = g.weight({ ...weight('w', [1, 2]), shape: [3] });
  g.output('y', g.node('Neg', [w]), 'f32', [3]);
  await expect(bytesOf(modelFiles(g, { file: 'm.onnx' }).get('m.onnx')!)).rejects.toMatchObject({
    code: 'CHECKPOINT_MISMATCH',
    message: 'The weight w must have 12 bytes, but has 8.',
  });
});
