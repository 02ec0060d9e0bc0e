import { plainFormat } from '@attune/runs';
import { openRunLog } from '../metrics/run-log.js';
import { logOf, runFolder, stepLine } from '../testing/run-folder.js';
import { runCsv } from './run-csv.js';

async function csvOf(lines: readonly object[]): Promise<string> {
  const folder = runFolder({ 'config.yaml': 'seed: 1\n', 'metrics.jsonl': logOf(lines) });
  let csv = '';
  for await (const line of runCsv(await openRunLog(folder, plainFormat))) csv += line;
  return csv;
}

test('each step is a line, numbers as they are, and what a step has not is empty', async () => {
  const lines = [stepLine(1), stepLine(2, { skipped: true, valLoss: 0.1 + 0.2, perplexity: null })];
  expect(await csvOf(lines)).toBe(
    [
      'step,epoch,loss,lr,gradNorm,tokens,tokensPerSecond,stepMs,skipped,valLoss,perplexity',
      '1,0.25,4,0.5,1,8,100,500,,,',
      '2,0.5,2,0.5,1,16,100,500,1,0.30000000000000004,',
      '',
    ].join('\r\n'),
  );
});

test('a key of somebody else’s is a cell, and no formula', async () => {
  const [header, line] = (
    await csvOf([stepLine(1, { '=HYPERLINK("x","y")': 1, 'a,b': -2, text: 'no' })])
  ).split('\r\n');
  expect(header).toMatch(/,perplexity,"'=HYPERLINK\(""x"",""y""\)","a,b"$/);
  expect(line).toMatch(/,1,-2$/);
});
