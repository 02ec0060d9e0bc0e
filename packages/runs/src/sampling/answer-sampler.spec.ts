import { backend as reference } from '@attune/backend-reference';
import { hostTensor } from '@attune/core';
import { charTokenizer, exampleDataset, ExampleStore } from '@attune/data';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import { Trainer } from '@attune/train';
import { answerSampler } from './answer-sampler.js';

test('a model answers with an id that its tokenizer has no text for, and the run goes on', async () => {
  const backend = await reference.create({});
  const width = 8;
  const model = gpt2({ vocabSize: 8, blockSize: 16, nLayer: 1, nHead: 1, nEmbd: width, bias: true });
  const rows = new ExampleStore('memory');
  rows.add(
    { ids: Int32Array.of(0, 1, 0), weights: Float32Array.of(0, 0, 1) },
    { file: 'rows.jsonl', line: 1, contentHash: '' },
  );
  const data = exampleDataset(rows, { batchSize: 1 });
  const optimizer = adamW({ learningRate: 1e-3 });
  const trainer = new Trainer({ backend, model, loss: crossEntropy(), optimizer, data });
  // Of all tokens, 5 becomes the likeliest whatever was read. The tokenizer ends at 1.
  const { parameters } = await trainer.checkpoint();
  const embeddings = Float32Array.from(parameters['transformer.wte.weight']!.data);
  embeddings.fill(1, 5 * width, 6 * width);
  await trainer.loadParameters({
    ...parameters,
    'transformer.wte.weight': hostTensor('f32', [8, width], embeddings),
    'transformer.ln_f.bias': hostTensor('f32', [width], new Float32Array(width).fill(10)),
  });
  const text = {
    tokenizer: charTokenizer('ab'),
    specialTokens: { eosIds: [], padId: 0, addBos: false, texts: new Map<string, number>(), names: {} },
    endIds: async () => [],
    close: async () => undefined,
  };
  const config = { samples: 1, sampleTokens: 3 };
  const sampler = answerSampler({ backend, model, trainer, text, rows, config });
  expect(await sampler.draw()).toBe('ab\n→ \n  (expected: a)');
  await sampler.dispose();
  await trainer.dispose();
  expect(backend.memory()).toEqual({ bytes: 0, buffers: 0 });
});
