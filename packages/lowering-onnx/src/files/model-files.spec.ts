import { GraphBuilder } from '@attune/core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { lowerSymbolic, modelFiles, type OnnxGraph, type Weight } from '../index.js';

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const weight = (name: string, values: readonly number[]): Weight => ({
  name,
  elementType: 'f32',
  shape: [values.length],
  read: async () => new Uint8Array(Float32Array.from(values).buffer),
});

/** `y = x + w0 + w1 + …`, for any number of rows. */
function sumOf(weights: readonly Weight[]): OnnxGraph {
  const trace = ({ rows }: Readonly<Record<string, number>>) => {
    const g = new GraphBuilder('sum');
    const x = g.feed('x', { shape: [rows!, 3], dtype: 'f32' });
    const terms = weights.map(({ name, shape }) => g.state(name, { shape, dtype: 'f32' }));
    g.output(
      'y',
      terms.reduce((sum, term) => g.add(sum, term), x),
    );
    return g.build();
  };
  const weightOf = (name: string) => weights.find((one) => one.name === name)!;
  return lowerSymbolic(trace, { lengths: { free: ['rows'] }, weightOf });
}

const three = () => sumOf([weight('w0', [1, 2, 3]), weight('w1', [4, 5, 6]), weight('w2', [7, 8, 9])]);

async function run(session: InferenceSession, rows: number): Promise<number[]> {
  const values = Float32Array.from({ length: rows * 3 }, (_, i) => i);
  const { y } = await session.run({ x: new Tensor('float32', values, [rows, 3]) });
  return Array.from(y!.data as Float32Array);
}

test('weights are part of the model, in the order in which they are read', async () => {
  const files = modelFiles(three(), { file: 'model.onnx' });
  expect([...files.keys()]).toEqual(['model.onnx']);
  const session = await InferenceSession.create(await bytesOf(files.get('model.onnx')!));
  expect(await run(session, 1)).toEqual([12, 16, 20]);
  expect(await run(session, 2)).toEqual([12, 16, 20, 15, 19, 23]);
  await session.release();
});

test('weights beside the model are read from there, each file as long as is allowed', async () => {
  // A weight begins on a page of its own: two fit into this.
  const files = modelFiles(three(), { file: 'm.onnx', maxModelBytes: 35, maxDataBytes: 4108 });
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
  const one = sumOf([weight('w', [1, 2, 3])]);
  expect([...modelFiles(one, { file: 'm.onnx', maxModelBytes: 12 }).keys()]).toHaveLength(1);
  expect([...modelFiles(one, { file: 'm.onnx', maxModelBytes: 11 }).keys()]).toHaveLength(2);
});

test('a weight of another size than its shape is refused', async () => {
  const short = sumOf([{ ...weight('w', [1, 2]), shape: [3] }]);
  await expect(bytesOf(modelFiles(short, { file: 'm.onnx' }).get('m.onnx')!)).rejects.toMatchObject({
    code: 'CHECKPOINT_MISMATCH',
    message: 'The weight w must have 12 bytes, but has 8.',
  });
});
