import { parseLog } from './run-log.js';

const line = (step: number, more: Record<string, unknown> = {}) =>
  JSON.stringify({ step, loss: 2, tokensPerSecond: 100, ...more });

test('steps are read up to one, with their evaluations', () => {
  const log = parseLog([line(1), line(2, { valLoss: 3 }), line(3)].join('\n'), 2);
  expect(log.map(({ step, valLoss }) => [step, valLoss])).toEqual([
    [1, undefined],
    [2, 3],
  ]);
});

test.each([
  ['no JSON', '{"step":2,'],
  ['nothing', 'null'],
  ['a list', '[1]'],
  ['a step that is none', line(1.5)],
  ['a step that was there', line(1)],
  ['no loss', line(2, { loss: null })],
  ['a loss beyond all losses', line(2, { loss: 1e300 })],
  ['a loss that is a text', line(2, { loss: '<b>' })],
  ['a speed that is a text', line(2, { tokensPerSecond: 'fast' })],
])('a line that is %s is left out', (_, broken) => {
  expect(parseLog([line(1), broken, line(3)].join('\n'), 9).map(({ step }) => step)).toEqual([1, 3]);
});

test('of a line, an evaluation that is none is left out', () => {
  expect(parseLog(line(1, { valLoss: 'high' }), 9)[0]).not.toHaveProperty('valLoss');
});
