import type { Backend } from '@attune/core';
import { memoryTokens, prepareText, tokenDataset } from '@attune/data';
import { storyCorpus } from '@attune/demo-data';
import { adamW, cosine, crossEntropy, gpt2, type Gpt2Config } from '@attune/nn';
import { Trainer } from '@attune/train';

/** Steps that a backend does on its own, and that the next one is to do alike. */
export const STEPS = 10;

/** How far two backends' losses may be apart. */
export const TOLERANCE = 1e-5;

/** A run that every backend can be given: the same model, the same data, dropout and a changing learning rate. */
export async function openRun(backend: Backend): Promise<{ trainer: Trainer; config: Gpt2Config }> {
  const { train, tokenizer } = await prepareText(storyCorpus({ stories: 40 }), { tokenizer: 'char' });
  const { vocabSize } = tokenizer;
  const model = gpt2({ vocabSize, blockSize: 16, nLayer: 2, nHead: 2, nEmbd: 16, dropout: 0.1 });
  const trainer = new Trainer({
    backend,
    model: model.train(),
    loss: crossEntropy(),
    optimizer: adamW({
      learningRate: cosine({ peak: 1e-3, min: 1e-4, warmupIters: 5, decayIters: 60 }),
      weightDecay: 0.1,
    }),
    data: tokenDataset(memoryTokens(train), { batchSize: 4, blockSize: 16, vocabSize }),
  });
  return { trainer, config: model.config };
}

/** Does some steps more, and returns their losses. */
export async function train(trainer: Trainer, steps: number): Promise<number[]> {
  const losses: number[] = [];
  const { step } = await trainer.checkpoint();
  for await (const metrics of trainer.fit({ maxIters: step + steps })) losses.push(metrics.loss);
  return losses;
}
