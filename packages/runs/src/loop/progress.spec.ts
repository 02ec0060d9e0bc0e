import { withDefaults } from '../settings/field.js';
import { trainingFields, type TrainingConfig } from '../tasks/pretrain/fields.js';
import { parseProgress, RunProgress } from './progress.js';

const config = (given: Partial<TrainingConfig>) => withDefaults(trainingFields, given);
const metrics = (step: number) => ({
  ...{
    step,
    epoch: step / 10,
    loss: 2,
    lr: 1e-3,
    gradNorm: 1,
    tokens: 8 * step,
    tokensPerSecond: 100,
    stepMs: 1,
  },
});
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what it remembers survives a checkpoint, numbers that JSON does not have included', () => {
  const progress = new RunProgress(config({ patience: 2 }));
  progress.last = { ...metrics(4), valLoss: 800, perplexity: Infinity };
  progress.observe(800, true);
  progress.observe(801, true);
  const again = new RunProgress(
    config({ patience: 2 }),
    parseProgress(throughJson(progress.state()), 'here'),
  );
  expect(again.best).toEqual({ step: 4, valLoss: 800 });
  expect(again.end(0)).toBeUndefined();
  again.observe(802, true);
  expect(again.end(0)).toBe('converged');
});

test('a validation loss that is no number is never the best', () => {
  const progress = new RunProgress(config({}));
  progress.last = metrics(1);
  expect([NaN, Infinity, 3, NaN, 2.5, 2.5].map((loss) => progress.observe(loss, false))).toEqual([
    ...[false, false, true, false, true, false],
  ]);
});

test('an evaluation at the end alone does not count for early stopping', () => {
  const progress = new RunProgress(config({ patience: 1 }));
  progress.last = metrics(1);
  progress.observe(2, true);
  progress.observe(3, false);
  expect(progress.end(0)).toBeUndefined();
});

test('a checkpoint that does not say how far its run was is damaged', () => {
  expect(() => parseProgress({ last: { step: 'four' } }, 'here')).toThrow(
    expect.objectContaining({ code: 'FILE_CORRUPT', message: expect.stringContaining('last.step') }),
  );
});
