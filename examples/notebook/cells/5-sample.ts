import type { Backend } from '@attune/core';
import type { PreparedText } from '@attune/data';
import { createGenerator } from '@attune/train';
import type { Cell } from '../src/cell.ts';
import { newTraining } from './3-train.ts';

type Given = { backend: Backend; prepared: PreparedText; best: number };

/** Trains four times as long at the best rate, then generates at two temperatures. */
const sample: Cell<Given, object> = async ({ plot, print }, { backend, prepared, best }) => {
  const { model, trainer } = newTraining(backend, prepared, best);
  const values: number[] = [];
  for await (const { loss } of trainer.fit({ maxIters: 240 })) {
    values.push(loss);
    plot([{ name: String(best), values }]);
  }
  const { tokenizer } = prepared;
  const generator = await createGenerator({ backend, model, state: await trainer.parameters() });
  for (const temperature of [0.5, 1]) {
    const written: number[] = [];
    const options = { maxNewTokens: 100, temperature, seed: 1 };
    for await (const id of generator.generate([...tokenizer.encode('Once ')], options)) written.push(id);
    print(`At temperature ${temperature}: Once ${tokenizer.decode(written)}`);
  }
  generator.dispose();
  await trainer.dispose();
  return {};
};
export default sample;
