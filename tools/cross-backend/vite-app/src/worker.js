import { backend as wasm } from '@attune/backend-wasm';
import { backend as webgpu } from '@attune/backend-webgpu';
import { createBackend } from '@attune/core';
import { charTokenizer, memoryTokens, tokenDataset } from '@attune/data';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import { Trainer } from '@attune/train';

const text = 'the cat sat on the mat. the dog sat on the log. '.repeat(20);

async function train() {
  const backend = await createBackend([webgpu, wasm]);
  postMessage({ device: backend.device.description });
  const tokenizer = charTokenizer(text);
  const trainer = new Trainer({
    backend,
    model: gpt2({ nLayer: 1, nHead: 2, nEmbd: 32, blockSize: 16, vocabSize: tokenizer.vocabSize }),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate: 1e-2 }),
    data: tokenDataset(memoryTokens(Uint16Array.from(tokenizer.encode(text))), {
      batchSize: 8,
      blockSize: 16,
    }),
  });
  for await (const { step, loss } of trainer.fit({ maxIters: 20 })) postMessage({ step, loss });
  postMessage({ done: true });
}

train().catch((error) => postMessage({ error: `${error.code}: ${error.message}` }));
