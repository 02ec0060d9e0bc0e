import type { Backend } from '@attune/core';
import { evaluationWindows, memoryTokens, tokenDataset, type PreparedText } from '@attune/data';
import { adamW, crossEntropy, gpt2 } from '@attune/nn';
import { Trainer } from '@attune/train';
import type { Cell } from '../src/cell.ts';

export const STEPS = 60;
const sizes = { batchSize: 8, blockSize: 32 };

/** A model and its trainer at a learning rate: the same weights and the same batches each time. */
export function newTraining(backend: Backend, { tokenizer, train }: PreparedText, learningRate: number) {
  const model = gpt2({ nLayer: 2, nHead: 4, nEmbd: 32, blockSize: 32, vocabSize: tokenizer.vocabSize });
  const data = tokenDataset(memoryTokens(train), { ...sizes, seed: 1 });
  const optimizer = adamW({ learningRate });
  const trainer = new Trainer({ backend, model: model.train(), loss: crossEntropy(), optimizer, data });
  return { model, trainer };
}

/** The loss on text that the model is not trained on. */
export async function validate(trainer: Trainer, { val }: PreparedText): Promise<number> {
  return (await trainer.evaluate(evaluationWindows(memoryTokens(val), sizes), 8)).loss;
}

const train: Cell<{ backend: Backend; prepared: PreparedText }, object> = async (output, given) => {
  const { trainer } = newTraining(given.backend, given.prepared, 3e-3);
  const losses: number[] = [];
  for await (const { loss } of trainer.fit({ maxIters: STEPS })) {
    losses.push(loss);
    output.plot([{ name: 'loss', values: losses }]);
  }
  output.print(
    `Validation loss ${(await validate(trainer, given.prepared)).toFixed(3)} after ${STEPS} steps`,
  );
  await trainer.dispose();
  return {};
};
export default train;
