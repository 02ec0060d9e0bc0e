/** The least that trains: a model, its loss and optimizer, the loop, and attune's engine in WebAssembly. */
import { backend as wasm } from '@attune/backend-wasm';
import { createBackend } from '@attune/core';
import { adamW, cosine, crossEntropy, gpt2 } from '@attune/nn';
import { Trainer } from '@attune/train';

export async function train(data, report) {
  const backend = await createBackend([wasm]);
  const learningRate = cosine({ peak: 1e-3, min: 1e-4, warmupIters: 10, decayIters: 100 });
  const trainer = new Trainer({
    backend,
    model: gpt2({ nLayer: 2, nHead: 4, nEmbd: 64, blockSize: 64, vocabSize: 65 }).train(),
    loss: crossEntropy(),
    optimizer: adamW({ learningRate }),
    data,
  });
  for await (const metrics of trainer.fit({ maxIters: 100 })) report(metrics);
}
