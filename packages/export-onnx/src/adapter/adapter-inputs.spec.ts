import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostTensors } from '@attune/core';
import { decodeSafetensors, memoryTensors } from '@attune/formats';
import { gpt2, llama, type LanguageModel, type LoraOptions } from '@attune/nn';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { adapterFile, adapterTensors, exportDecoder, modelLogits, probeTexts } from '../index.js';
import { verifyDecoder } from '../node/index.js';
import { onReference, randomAdapter, randomWeights, writeFiles } from '../testing/tiny.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-adapters-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tiny = { vocabSize: 13, blockSize: 16, nLayer: 2, nHead: 2, nEmbd: 8 };
const file = () => join(folder, 'model.onnx');

/** The logits of a model after each token of some texts. */
const logitsOf = (model: LanguageModel, tensors: HostTensors) =>
  onReference(model, tensors, (on) => modelLogits(on, probeTexts(model.config)));

/** A session of onnxruntime-web, and a run of it with an adapter or none. */
async function openWeb(texts: readonly (readonly number[])[]) {
  const session = await InferenceSession.create(new Uint8Array(await readFile(file())));
  const integers = (rows: readonly (readonly number[])[]) =>
    new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);
  const run = async (adapter: HostTensors = {}) => {
    const feeds: Record<string, Tensor> = {
      input_ids: integers(texts),
      attention_mask: integers(texts.map((text) => text.map(() => 1))),
      position_ids: integers(texts.map((text) => text.map((_, i) => i))),
    };
    for (const input of session.inputMetadata) {
      if (!input.isTensor || input.name in feeds) continue;
      const { shape, data } = adapter[input.name] ?? {
        shape: input.shape.map((length) => (typeof length === 'number' ? length : 0)),
        data: new Float32Array(0),
      };
      const dims = input.name.startsWith('past') ? [texts.length, ...shape.slice(1)] : shape;
      feeds[input.name] = new Tensor('float32', data as Float32Array, dims);
    }
    const { logits } = await session.run(feeds);
    return logits!.data as Float32Array;
  };
  return { session, run };
}

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);

test.each<[string, LanguageModel, LoraOptions, LoraOptions]>([
  [
    'GPT-2',
    gpt2(tiny),
    { targetModules: ['c_attn'], rank: 4, alpha: 6 },
    { targetModules: 'all-linear', rank: 2, alpha: 8, useRslora: true },
  ],
  [
    'Llama, with its head',
    llama({ ...tiny, nKvHead: 1, intermediateSize: 12, tieEmbeddings: false }),
    { targetModules: ['q_proj', 'v_proj'], rank: 3, alpha: 6 },
    { targetModules: ['down_proj', 'lm_head'], rank: 1, alpha: 2 },
  ],
])('one session of onnxruntime-web runs adapters of any rank, and none: %s', async (_, model, ...options) => {
  const base = randomWeights(model);
  const layers = options.flatMap(({ targetModules }) => targetModules);
  const adapterInputs = layers.includes('all-linear') ? 'all-linear' : layers;
  await writeFiles(folder, exportDecoder(model.config, memoryTensors(base), { adapterInputs }));
  const [one, other] = options.map((option, i) => randomAdapter(model.config, base, option, 20 + i)) as [
    ReturnType<typeof randomAdapter>,
    ReturnType<typeof randomAdapter>,
  ];
  const { session, run } = await openWeb(probeTexts(model.config));
  try {
    const known: Float32Array[] = [];
    for (const { adapter, merged } of [
      { adapter: adapterTensors(one.model, one), merged: one.merged },
      { adapter: adapterTensors(other.model, other), merged: other.merged },
      { adapter: {}, merged: base },
      { adapter: adapterTensors(one.model, one), merged: one.merged },
    ]) {
      const expected = await logitsOf(model, merged);
      const logits = await run(adapter);
      expect(largestDifference(logits, expected.logits)).toBeLessThan(1e-4);
      known.push(logits);
      expect((await verifyDecoder(file(), expected, adapter))!.maxDifference).toBeLessThan(1e-4);
    }
    const [first, second, none, again] = known as [Float32Array, Float32Array, Float32Array, Float32Array];
    expect(again).toEqual(first);
    for (const [a, b] of [
      [first, second],
      [first, none],
      [second, none],
    ] as const) {
      expect(largestDifference(a, b)).toBeGreaterThan(0.01);
    }
  } finally {
    await session.release();
  }
});

test('the inputs of a layer have a rank of their own', async () => {
  const model = gpt2({ ...tiny, nLayer: 1 });
  const options = { adapterInputs: ['c_attn', 'c_fc'] };
  await writeFiles(folder, exportDecoder(model.config, memoryTensors(randomWeights(model)), options));
  const { session } = await openWeb([[1]]);
  const inputs = session.inputMetadata.flatMap(({ name, ...rest }) =>
    'shape' in rest && name.includes('lora') ? [[name, ...rest.shape]] : [],
  );
  const [attention, mlp] = ['transformer.h.0.attn.c_attn', 'transformer.h.0.mlp.c_fc'];
  expect(inputs).toEqual([
    [`${attention}.lora_A`, 8, `${attention}.rank`],
    [`${attention}.lora_B`, `${attention}.rank`, 24],
    [`${mlp}.lora_A`, 8, `${mlp}.rank`],
    [`${mlp}.lora_B`, `${mlp}.rank`, 32],
  ]);
  await session.release();
});

test('an adapter is a file of its own, its scale in the second matrix', async () => {
  const { config } = gpt2({ ...tiny, nLayer: 1 });
  const options = { targetModules: ['c_attn'], rank: 2, alpha: 6 };
  const adapter = randomAdapter(config, randomWeights(gpt2(config)), options, 3);
  const chunks: Uint8Array[] = [];
  for await (const chunk of adapterFile(adapterTensors(adapter.model, adapter))) chunks.push(chunk);
  const read = await decodeSafetensors(new Uint8Array(Buffer.concat(chunks)));
  const path = 'transformer.h.0.attn.c_attn';
  expect(Object.keys(read).sort()).toEqual([`${path}.lora_A`, `${path}.lora_B`]);
  const stored = read[`${path}.lora_B`]!;
  const own = adapter.tensors[`${path}.lora_B.weight`]!;
  expect([stored.shape, own.shape]).toEqual([
    [2, 24],
    [24, 2],
  ]);
  // Row 0, column 5 of the one is row 5, column 0 of the other.
  expect(stored.data[5]).toBeCloseTo(3 * own.data[10]!, 6);
});

describe('an adapter that cannot be fed is refused by what it changes', () => {
  const { config } = gpt2(tiny);
  const base = randomWeights(gpt2(config));
  test.each<[Partial<LoraOptions>, string]>([
    [{ useDora: true }, 'DoRA'],
    [{ modulesToSave: ['ln_f'] }, 'ln_f'],
    [{ bias: 'lora_only' }, 'biases'],
  ])('%j', (options, message) => {
    const adapter = randomAdapter(config, base, { targetModules: ['c_attn'], ...options }, 1);
    expect(() => adapterTensors(adapter.model, adapter)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MODEL', message: expect.stringContaining(message) }),
    );
  });

  test('a layer without inputs', () => {
    const adapter = randomAdapter(config, base, { targetModules: ['c_fc'] }, 1);
    expect(() => adapterTensors(adapter.model, adapter, ['transformer.h.0.mlp.c_fc'])).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('transformer.h.1.mlp.c_fc'),
      }),
    );
  });

  test('a head that is the token embedding has no inputs', () => {
    const exporting = () => exportDecoder(config, memoryTensors(base), { adapterInputs: ['lm_head'] });
    expect(exporting).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  });
});
