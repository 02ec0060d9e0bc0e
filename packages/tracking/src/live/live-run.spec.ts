import { AttuneError, type StepMetrics } from '@attune/core';
import { LiveRun } from './live-run.js';
import { beginning, metricsOf, observed, summary } from './testing/observed.js';

/** A run that has begun. */
function begun(options: Partial<ConstructorParameters<typeof LiveRun>[0]> = {}) {
  const run = new LiveRun({ command: 'pretrain', ...options });
  run.observer.begins(beginning());
  return run;
}

async function* logOf(...steps: StepMetrics[]) {
  yield* steps;
}

test('the state follows the run, from its beginning to its end', () => {
  const run = new LiveRun({ command: 'pretrain', processBytes: () => 3e6 });
  const phases = [run.state().phase];
  const note = () => phases.push(run.state().phase);
  run.observer.begins(beginning());
  note();
  run.observer.step(observed(1));
  expect(run.state()).toMatchObject({
    step: 1,
    loss: 4,
    secondsLeft: 99,
    processBytes: 3e6,
    deviceBytes: 2e6,
  });
  run.observer.stopped();
  note();
  run.observer.ended(summary);
  note();
  expect(phases).toEqual(['preparing', 'training', 'saving', 'ended']);
  expect(run.state().reason).toBe('all steps are done');
});

test.each([
  ['INTERRUPTED', 'interrupted'],
  ['OUT_OF_MEMORY', 'failed'],
] as const)('an error %s leaves the run %s, with what to do', (code, phase) => {
  const run = begun();
  run.failed(new AttuneError(code, 'It is over.', { fix: 'Begin again.' }));
  expect(run.state()).toMatchObject({ phase, reason: 'It is over. Begin again.' });
});

test('a run that goes on shows the steps before, once each, and then those that were done meanwhile', async () => {
  const run = begun({
    earlier: () => logOf(metricsOf(1), metricsOf(2, { valLoss: 1.5 }), metricsOf(3), metricsOf(4)),
  });
  run.observer.step(observed(3, { loss: 9 }));
  await run.news(run.changes, 1000);
  expect(run.history.loss.points('none')).toEqual([
    [1, 4],
    [2, 2],
    [3, 9],
  ]);
  expect(run.state()).toMatchObject({ step: 3, lowest: { step: 2, loss: 1.5 } });
});

test('a log that cannot be read is a warning, and the run goes on', async () => {
  const run = begun({
    earlier: async function* () {
      throw new Error('no disk');
    },
  });
  run.observer.step(observed(1));
  await run.news(run.changes, 1000);
  expect(run.state()).toMatchObject({ step: 1, warnings: ['The earlier steps are not shown: no disk'] });
  expect(run.history.step).toBe(1);
});

test('trouble is a warning, one of each kind', () => {
  const run = begun();
  for (let step = 1; step <= 3; step++) run.observer.step(observed(step, { loss: NaN, skipped: true }));
  expect(run.state().warnings).toEqual([
    '3 steps left out, as the loss was a spike; the last was step 3.',
    'The loss or the gradient was no finite number in 3 steps; the last was step 3.',
  ]);
});

test('rows are read when somebody asks, and once', async () => {
  let asked = 0;
  const run = new LiveRun({ command: 'finetune' });
  run.observer.begins(
    beginning({
      rows: async () => {
        asked++;
        return [
          { source: 'a.jsonl, line 1', tokens: [{ id: 5, text: 'Hi\u202e', weight: 0.5 }], label: 'yes' },
        ];
      },
    }),
  );
  expect(asked).toBe(0);
  const rows = await run.rows();
  expect(rows).toEqual([
    { source: 'a.jsonl, line 1', label: 'yes', tokens: [[5, 'Hi\\u{202e}', 0.5]], more: 0 },
  ]);
  await run.rows();
  expect(asked).toBe(1);
});

test('a run of many steps takes little memory, and keeps its peaks and its first sample', () => {
  const run = begun();
  for (let step = 1; step <= 50_000; step++) {
    run.observer.step(observed(step, { loss: step === 12_345 ? 99 : 1 }));
    if (step % 100 === 0) run.observer.sampled({ step, text: `sample ${step}`, isLast: false });
  }
  const points = run.history.loss.points('none');
  expect(points.length).toBeLessThanOrEqual(5000);
  expect(points).toContainEqual([12_345, 99]);
  const kept = run.samples.after(0);
  expect(kept.length).toBeLessThanOrEqual(64);
  expect([kept[0]!.step, kept.at(-1)!.step]).toEqual([100, 50_000]);
});
