import type { Backend } from '@attune/core';
import type { PreparedText } from '@attune/data';
import type { Cell, Curve } from '../src/cell.ts';
import { newTraining, STEPS, validate } from './3-train.ts';

const RATES = [3e-4, 3e-3, 3e-2];

/** Trains at each rate and keeps the one with the lowest validation loss. */
const compare: Cell<{ backend: Backend; prepared: PreparedText }, { best: number }> = async (
  output,
  given,
) => {
  const curves: Curve[] = [];
  const found: { rate: number; loss: number }[] = [];
  for (const rate of RATES) {
    const { trainer } = newTraining(given.backend, given.prepared, rate);
    const values: number[] = [];
    for await (const { loss } of trainer.fit({ maxIters: STEPS })) {
      values.push(loss);
      output.plot([...curves, { name: String(rate), values }]);
    }
    curves.push({ name: String(rate), values });
    const loss = await validate(trainer, given.prepared);
    output.print(`${rate}: validation loss ${loss.toFixed(3)}`);
    found.push({ rate, loss });
    await trainer.dispose();
  }
  const [{ rate: best }] = found.sort((a, b) => a.loss - b.loss) as [{ rate: number; loss: number }];
  output.print(`The best: ${best}`);
  return { best };
};
export default compare;
