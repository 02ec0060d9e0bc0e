import { PassThrough } from 'node:stream';
import { formatBytes, formatDuration, formatParameters } from '@attune/runs';
import { Printer } from '../../printing/printer.js';
import { createDisplay, type Progress } from './display.js';
import { firstLines } from './sample-text.js';

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

function capture(isTTY: boolean, columns = 200) {
  const output = Object.assign(new PassThrough(), { isTTY, columns });
  return { output, text: () => String(output.read() ?? '') };
}

test('without a terminal, a line comes at each log interval, and for the first and the last step', () => {
  const { output, text } = capture(false);
  const display = createDisplay(new Printer(output), { total: 5, logInterval: 2 }, { env: {} });
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
  const display = createDisplay(new Printer(output), { total: 4, logInterval: 1 }, { env: {} });
  display.print('before');
  display.step(progress(3));
  display.stop();
  display.print('after');
  const shown = text();
  expect(shown).toContain('3/4  loss 2.5000  lr 1.00e-3  12,345 tok/s  ETA 1m 05s');
  expect(shown).toMatch(/^before\n/);
  expect(shown).toMatch(/after\n$/);
});

/** The line of a step, as it stands when the run ends. */
function lineAt(columns: number, shown: Progress, total: number): string {
  const { output, text } = capture(true, columns);
  const display = createDisplay(new Printer(output), { total, logInterval: 1 }, { env: { NO_COLOR: '1' } });
  display.step(shown);
  display.stop();
  const lines = text().split(/\n|\u001b\[[?0-9;]*[A-Za-z]/);
  return lines.filter((line) => line.includes('loss')).at(-1)!;
}

test.each([
  [
    140,
    '█████████████████░░░ 2500/3000  loss 2.5000  lr 1.00e-3  12,345 tok/s  ETA 1m 05s  200 MiB (device 1.5 MiB)',
  ],
  [
    100,
    '██████████░░ 2500/3000  loss 2.5000  lr 1.00e-3  12,345 tok/s  ETA 1m 05s  200 MiB (device 1.5 MiB)',
  ],
  [80, '████████░ 2500/3000  loss 2.5000  lr 1.00e-3  12,345 tok/s  ETA 1m 05s  200 MiB'],
  [60, '2500/3000  loss 2.5000  12,345 tok/s  ETA 1m 05s  200 MiB'],
  [24, '2500/3000  loss 2.5000'],
])('on %d columns, the line of a step is whole', (columns, expected) => {
  const line = lineAt(columns, progress(2500), 3000);
  expect(line).toBe(expected);
  expect(line.length).toBeLessThan(columns);
});

test('long numbers leave the memory on 80 columns, too', () => {
  const long = {
    metrics: { ...progress(590_000).metrics, loss: 10.8321, lr: 6e-5, tokensPerSecond: 1_234_567 },
    secondsLeft: 500_000,
    processBytes: 12.3 * 2 ** 30,
    deviceBytes: 9.8 * 2 ** 30,
  };
  const line = lineAt(80, long, 600_000);
  expect(line).toBe('590000/600000  loss 10.8321  1,234,567 tok/s  ETA 138h 53m  12.3 GiB');
});

test('on a terminal, texts are broken between words', () => {
  const { output, text } = capture(true, 20);
  const display = createDisplay(new Printer(output), { total: 4, logInterval: 1 }, { env: {} });
  display.print('  │ once upon a time there was');
  display.step(progress(3));
  display.print('  │ a fox who was happy');
  display.stop();
  expect(text()).toContain('  │ once upon a\n  │ time there was\n');
});

test('an intermediate sample is a few lines of whole words', () => {
  expect(firstLines('a\nb')).toBe('a\nb');
  expect(firstLines('a\nb\nc\nd')).toBe('a\nb\nc…');
  expect(firstLines('word '.repeat(100))).toBe(`${'word '.repeat(32).trim()}…`);
  expect(firstLines('x'.repeat(200))).toBe(`${'x'.repeat(160)}…`);
  // Not between the halves of a character.
  expect(firstLines(`x${'🙂'.repeat(200)}`)).toBe(`x${'🙂'.repeat(79)}…`);
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
