import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryTensors } from '@attune/formats';
import { gpt2, type Gpt2Options } from '@attune/nn';
import { InferenceSession } from 'onnxruntime-node';
import {
  exportDecoder,
  modelLogits,
  onnxFileName,
  probeTexts,
  storedTensors,
  type ExportOptions,
} from './index.js';
import { verifyDecoder } from './node/index.js';
import { onReference, randomWeights, writeFiles } from './testing/tiny.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-onnx-'));
});
afterEach(() => rm(folder, { recursive: true }));

const tiny: Gpt2Options = { vocabSize: 13, blockSize: 16, nLayer: 2, nHead: 2, nEmbd: 8 };

/** Exports a tiny GPT-2, and gives what it computes itself. */
async function exported(options: Partial<Gpt2Options> = {}, exportOptions: ExportOptions = {}) {
  const model = gpt2({ ...tiny, ...options });
  const tensors = randomWeights(model);
  await writeFiles(folder, exportDecoder(model.config, memoryTensors(tensors), exportOptions));
  const stored = storedTensors(tensors, exportOptions.dtype ?? 'f32');
  return onReference(model, stored, (on) => modelLogits(on, probeTexts(model.config)));
}

test('has the names, types and free lengths of the convention', async () => {
  await exported();
  const session = await InferenceSession.create(join(folder, 'model.onnx'));
  const describe = (values: typeof session.inputMetadata) =>
    values.map((value) => (value.isTensor ? `${value.name} ${value.type}[${value.shape.join(', ')}]` : ''));
  const kept = 'batch_size, 2, past_sequence_length, 4';
  const all = 'batch_size, 2, total_sequence_length, 4';
  expect(describe(session.inputMetadata)).toEqual([
    'input_ids int64[batch_size, sequence_length]',
    'attention_mask int64[batch_size, total_sequence_length]',
    'position_ids int64[batch_size, sequence_length]',
    `past_key_values.0.key float32[${kept}]`,
    `past_key_values.0.value float32[${kept}]`,
    `past_key_values.1.key float32[${kept}]`,
    `past_key_values.1.value float32[${kept}]`,
  ]);
  expect(describe(session.outputMetadata)).toEqual([
    'logits float32[batch_size, sequence_length, 13]',
    `present.0.key float32[${all}]`,
    `present.0.value float32[${all}]`,
    `present.1.key float32[${all}]`,
    `present.1.value float32[${all}]`,
  ]);
  await session.release();
});

test.each<[string, Partial<Gpt2Options>]>([
  ['as nanoGPT trains it', { bias: false }],
  ['with biases', { bias: true }],
  ['as it was published', { bias: true, activation: 'gelu_new' }],
  ['with a head of its own', { tieEmbeddings: false }],
  ['with another epsilon', { layerNormEpsilon: 0.1 }],
  ['of one position', { blockSize: 1 }],
])('computes what the model computes, at once, by its cache and padded: %s', async (_, options) => {
  const agreement = await verifyDecoder(join(folder, 'model.onnx'), await exported(options));
  expect(agreement!.maxDifference).toBeLessThan(1e-5 * Math.max(1, agreement!.maxLogit));
  expect(agreement!.compared).toBeGreaterThan(0);
});

test('weights that are too many for one file lie beside it, in files of a size', async () => {
  const expected = await exported({}, { maxModelBytes: 1000, maxDataBytes: 60_000 });
  expect((await readdir(folder)).sort()).toEqual(['model.onnx', 'model.onnx_data', 'model.onnx_data_1']);
  expect((await stat(join(folder, 'model.onnx_data'))).size).toBeLessThanOrEqual(60_000);
  expect(await verifyDecoder(join(folder, 'model.onnx'), expected)).toMatchObject({
    maxLogit: expect.any(Number),
  });
});

test('as f16, matrices are stored in half the bytes, and computed is what the rounded ones give', async () => {
  const size = async (name: string) => (await stat(join(folder, name))).size;
  await exported({ nEmbd: 64 });
  const expected = await exported({ nEmbd: 64 }, { dtype: 'f16' });
  expect(onnxFileName('f16')).toBe('model_fp16.onnx');
  expect(await size('model_fp16.onnx')).toBeLessThan(0.6 * (await size('model.onnx')));
  const agreement = await verifyDecoder(join(folder, 'model_fp16.onnx'), expected);
  expect(agreement!.maxDifference).toBeLessThan(1e-5 * Math.max(1, agreement!.maxLogit));
});

test('a number that no f16 is near to is refused', async () => {
  const model = gpt2(tiny);
  const tensors = randomWeights(model);
  (tensors['transformer.wte.weight']!.data as Float32Array)[3] = 7e4;
  const files = exportDecoder(model.config, memoryTensors(tensors), { dtype: 'f16' });
  await expect(writeFiles(folder, files)).rejects.toMatchObject({
    code: 'UNSUPPORTED_MODEL',
    message: expect.stringContaining('transformer.wte.weight has 70000'),
  });
});

test('weights of another model are refused before anything is written', () => {
  const model = gpt2(tiny);
  const { 'transformer.ln_f.weight': _, ...rest } = randomWeights(model);
  expect(() => exportDecoder(model.config, memoryTensors(rest))).toThrow(
    'transformer.ln_f.weight is missing',
  );
  const wider = randomWeights(gpt2({ ...tiny, nEmbd: 12 }));
  expect(() => exportDecoder(model.config, memoryTensors(wider))).toThrow(
    /transformer.wpe.weight is f32\[16, 12\] instead of f32\[16, 8\]/,
  );
});

test('a model that computes something else is found out', async () => {
  const expected = await exported();
  expected.logits[40] = expected.logits[40]! + 0.01;
  await expect(verifyDecoder(join(folder, 'model.onnx'), expected)).rejects.toMatchObject({
    code: 'EXPORT_MISMATCH',
    message: expect.stringContaining('after token 3 of text 0, logit 1 is'),
  });
});

test('a file that is no model is named', async () => {
  const expected = await exported();
  await writeFile(join(folder, 'model.onnx'), 'not a model');
  await expect(verifyDecoder(join(folder, 'model.onnx'), expected)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
  });
});
