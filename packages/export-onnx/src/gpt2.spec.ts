import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryTensors } from '@attune/formats';
import { gpt2, type Gpt2Options } from '@attune/nn';
import { InferenceSession } from 'onnxruntime-node';
import { exportDecoder, modelLogits, probeTexts, type ExportOptions } from './index.js';
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
  const decoder = { architecture: 'gpt2', config: model.config } as const;
  await writeFiles(folder, exportDecoder(decoder, memoryTensors(tensors), exportOptions));
  return onReference(model, tensors, (on) => modelLogits(on, probeTexts(model.config)));
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
