import { fieldGroup, flagOf, keyOf, normalizeFlag, trainingFields } from '@attune/runs';
import { Command } from 'commander';
import { addFlags, readFlags } from './flags.js';

const group = fieldGroup('Shape');
const fields = {
  batchSize: group.integer({ description: 'rows', default: 12, min: 1 }),
  minLr: group.number({ description: 'least rate', default: { text: 'a tenth', of: () => 0.1 }, min: 0 }),
  bias: group.boolean({ description: 'biases', default: false }),
  stop: group.texts('text', { description: 'ends', default: [] }),
  prompt: group.optionalText('text', { description: 'begins', mayBeEmpty: true }),
  data: group.optionalText('dir', { description: 'a folder' }),
};

function parse(...args: string[]) {
  const command = addFlags(new Command().exitOverride(), fields);
  return readFlags(fields, command.parse(args, { from: 'user' }).opts());
}

test('a flag is derived from each field, with its default and under its heading', () => {
  const help = addFlags(new Command(), fields).helpInformation();
  expect(help).toContain('Shape:');
  expect(help).toMatch(/--batch-size <n> +rows \(default: 12\)/);
  expect(help).toMatch(/--min-lr <n> +least rate \(default: a tenth\)/);
});

test('flags that were not given have no value, so that files and presets count', () => {
  expect(parse()).toEqual({});
});

test('values are what the text stands for', () => {
  expect(parse('--batch-size', '8', '--min-lr=1e-4', '--stop', 'a', 'b')).toEqual({
    batchSize: 8,
    minLr: 1e-4,
    stop: ['a', 'b'],
  });
});

test.each([
  [['--bias'], true],
  [['--bias', 'true'], true],
  [['--bias', 'false'], false],
  [['--bias=false'], false],
  [['--no-bias'], false],
])('%j is %p', (args, bias) => {
  expect(parse(...args)).toEqual({ bias });
});

test('a text may be empty where its field says so', () => {
  expect(parse('--prompt', '')).toEqual({ prompt: '' });
  expect(() => parse('--data', '')).toThrow('--data must be text that is not empty, but is ""');
});

test("keys, flags and nanoGPT's spelling name the same thing", () => {
  for (const key of Object.keys(trainingFields)) expect(keyOf(flagOf(key).slice(2))).toBe(key);
  expect(keyOf('gradient_accumulation_steps')).toBe('gradientAccumulationSteps');
});

test('underscores in a known flag are taken for hyphens; values are left alone', () => {
  const flags = new Set(['--batch-size']);
  expect(normalizeFlag('--batch_size=8', flags)).toBe('--batch-size=8');
  expect(normalizeFlag('--an_other', flags)).toBe('--an_other');
  expect(normalizeFlag('batch_size', flags)).toBe('batch_size');
});
