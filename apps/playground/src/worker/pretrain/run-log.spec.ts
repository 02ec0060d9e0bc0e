import { memoryFolder } from '@attune/files';
import { readLog } from './run-log.js';

const line = (step: number, more: Record<string, unknown> = {}) =>
  JSON.stringify({ step, loss: 2, tokensPerSecond: 100, ...more });

const log = (...lines: string[]) =>
  memoryFolder([['metrics.jsonl', new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''))]]);

test('steps are read up to one, with their evaluations', async () => {
  const lines = await readLog(log(line(1), line(2, { valLoss: 3 }), line(3)), 2);
  expect(lines.map(({ step, valLoss }) => [step, valLoss])).toEqual([
    [1, undefined],
    [2, 3],
  ]);
});

test('a run without a log has none', async () => {
  expect(await readLog(memoryFolder(), 9)).toEqual([]);
});

test.each([
  ['a step that was there', line(1)],
  ['a loss beyond all losses', line(2, { loss: 1e300 })],
  ['a speed that is a text', line(2, { tokensPerSecond: 'fast' })],
])('a line that has %s is left out', async (_, odd) => {
  expect((await readLog(log(line(1), odd, line(3)), 9)).map(({ step }) => step)).toEqual([1, 3]);
});

test.each([
  ['no JSON', '{"step":2,'],
  ['nothing', 'null'],
  ['a list', '[1]'],
  ['a step that is none', line(1.5)],
  ['no loss', line(2, { loss: null })],
  ['a loss that is a text', line(2, { loss: '<b>' })],
])('a line that is or has %s ends the log', async (_, broken) => {
  expect((await readLog(log(line(1), broken, line(3)), 9)).map(({ step }) => step)).toEqual([1]);
});

test('of a line, an evaluation that is none is left out', async () => {
  expect((await readLog(log(line(1, { valLoss: 'high' })), 9))[0]).not.toHaveProperty('valLoss');
});
