import { PassThrough } from 'node:stream';
import { createDisplay } from './display.js';
import { formatBytes, formatDuration, formatParameters } from '../format.js';

const progress = (step: number) => ({
  metrics: {
    step,
    epoch: 0,
    loss: 2.5,
    lr: 1e-3,
    gradNorm: 1,
    tokens: 96,
    tokensPerSecond: 12345,
    stepMs: 8,
  },
  secondsLeft: 65,
  processBytes: 200 * 2 ** 20,
  deviceBytes: 1.5 * 2 ** 20,
});

function capture(isTTY: boolean) {
  const output = Object.assign(new PassThrough(), { isTTY, columns: 200 });
  return { output, text: () => String(output.read() ?? '') };
}

test('without a terminal, a line comes at each log interval, and for the first and the last step', () => {
  const { output, text } = capture(false);
  const display = createDisplay(output, { total: 5, logInterval: 2 }, { env: {} });
  for (let step = 1; step <= 5; step++) display.step(progress(step));
  display.stop();
  const lines = text().trim().split('\n');
  expect(lines.map((line) => line.split('  ')[0])).toEqual(['step 1/5', 'step 2/5', 'step 4/5', 'step 5/5']);
  expect(lines[0]).toBe(
    'step 1/5  loss 2.5000  lr 1.00e-3  12,345 tok/s  ETA 1m 05s  200 MiB (device 1.5 MiB)',
  );
});

test('on a terminal, a bar shows the same, and stays as it was when the run ends', () => {
  const { output, text } = capture(true);
  const display = createDisplay(output, { total: 4, logInterval: 1 }, { env: {} });
  display.print('before');
  display.step(progress(3));
  display.stop();
  display.print('after');
  const shown = text();
  expect(shown).toContain('3/4  loss 2.5000  lr 1.00e-3  12,345 tok/s  ETA 1m 05s');
  expect(shown).toMatch(/^before\n/);
  expect(shown).toMatch(/after\n$/);
});

test.each([
  [formatBytes(1023), '1023 B'],
  [formatBytes(1536), '1.5 KiB'],
  [formatBytes(300 * 2 ** 30), '300 GiB'],
  [formatDuration(7.4), '7s'],
  [formatDuration(65), '1m 05s'],
  [formatDuration(3725), '1h 02m'],
  [formatDuration(Infinity), '?'],
  [formatParameters(124_439_808), '124.44M'],
])('%s', (shown, expected) => {
  expect(shown).toBe(expected);
});
