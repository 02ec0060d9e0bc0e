import { PassThrough } from 'node:stream';
import { colorsFor } from './colors.js';
import { onOneLine } from './printable.js';
import { Printer } from './printer.js';
import { joined, styled } from './styled.js';

function capture(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  return { printer: new Printer(stream), text: () => String(stream.read() ?? '') };
}

const HOSTILE = '\u001b[2J\u001b]0;title\u0007\u009b31m\roverwritten\b\u202egnol\u2028\u{e0041}';
const HARMLESS =
  '\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}31m\\u{d}overwritten\\u{8}\\u{202e}gnol\\u{2028}\\u{e0041}';

test.each([true, false])(
  'what is for people commands no terminal, and none behind a pipe (terminal: %s)',
  (isTTY) => {
    const { printer, text } = capture(isTTY);
    printer.write(`${HOSTILE}\n`);
    expect(text()).toBe(`${HARMLESS}\n`);
  },
);

test('a result commands no terminal, and goes into a pipe as it is', () => {
  for (const [isTTY, expected] of [
    [true, HARMLESS],
    [false, HOSTILE],
  ] as const) {
    const { printer, text } = capture(isTTY);
    printer.writeText(HOSTILE);
    expect(text()).toBe(expected);
  }
});

test('a command that comes in pieces is none either', () => {
  const { printer, text } = capture(true);
  for (const piece of ['a\u001b', '[', '2', 'J', '\u001b]0;', 'title', '\u0007', 'b\u{e0041}'.slice(0, 2)]) {
    printer.writeText(piece);
  }
  expect(text()).not.toMatch(/[^\n\t\P{Cc}]/u);
});

test('lines, tabs, and all scripts are shown as they are', () => {
  const { printer, text } = capture(true);
  printer.writeText('größe\tنص\r\n👩‍🚀 می‌خواهم\n');
  expect(text()).toBe('größe\tنص\n👩‍🚀 می‌خواهم\n');
});

test('colours are ours alone', () => {
  const colors = colorsFor({ isTTY: true }, { env: {} });
  const { printer, text } = capture(true);
  printer.write(
    styled`${colors.red('error \u001b[0m')}: ${'\u001b[32mfine'} ${joined([colors.bold('a'), '\u0007'], ', ')}`,
  );
  expect(text()).toBe('\u001b[31merror \\u{1b}[0m\u001b[39m: \\u{1b}[32mfine \u001b[1ma\u001b[22m, \\u{7}');
  // One that was made a string is not known any more.
  printer.write(`${colors.red('error').codes}`);
  expect(text()).toBe('\\u{1b}[31merror\\u{1b}[39m');
});

test('JSON has no control, and says the same', () => {
  const { printer, text } = capture(true);
  const value = { [HOSTILE]: [HOSTILE, '\n\t"\\', '👩‍🚀'] };
  printer.writeJson(value);
  const line = text();
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u202e\u2028\u{e0041}]/u);
  expect(JSON.parse(line)).toEqual(value);
  printer.writeJson(value, 2);
  expect(JSON.parse(text())).toEqual(value);
});

test('a name passes for no line of ours', () => {
  expect(onOneLine('a\nerror: run this\t\u001b[A')).toBe('a\\u{a}error: run this\\u{9}\\u{1b}[A');
});
