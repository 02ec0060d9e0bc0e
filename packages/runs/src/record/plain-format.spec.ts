import { isAttuneError } from '@attune/core';
import { settingGroup } from '../settings/field.js';
import { plainFormat } from './plain-format.js';

const group = settingGroup('Run');
const fields = {
  steps: group.integer({ description: 'steps', default: 10, resume: 'free' }),
  name: group.text('name', { description: 'name', default: '', resume: 'free' }),
  layers: group.texts('name', { description: 'layers', default: [], resume: 'fixed' }),
};
const read = (text: string) => plainFormat.read(fields, text, 'runs/a/config.yaml');

test('what was written is read again, and known by its heading', () => {
  const values = { steps: 3, name: 'a: "b" # c\n', layers: ['x', 'y'] };
  const text = plainFormat.write({ ...values, absent: undefined }, 'Settings of a run.');
  expect(text).toBe('# Settings of a run.\nsteps: 3\nname: "a: \\"b\\" # c\\n"\nlayers: ["x","y"]\n');
  expect(read(text)).toEqual(values);
  expect(plainFormat.hasHeading(text, 'Settings of a run.')).toBe(true);
  expect(plainFormat.hasHeading(text, 'Another.')).toBe(false);
});

test.each([
  ['steps: 3\n  nested: 4', 'FILE_CORRUPT', 'no setting:   nested: 4'],
  ['name: plain text', 'FILE_CORRUPT', 'name: plain text'],
  ['steps: 3\nsteps: 4', 'INVALID_CONFIG', 'steps is set twice'],
  ['stepz: 3', 'UNKNOWN_KEY', 'stepz'],
  ['steps: "3"', 'INVALID_CONFIG', 'steps'],
  ['__proto__: {"steps": 3}', 'UNKNOWN_KEY', '__proto__'],
])('%j is refused, and it is said why', (text, code, part) => {
  const error = (() => {
    try {
      return read(text);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(isAttuneError(error) && [error.code, error.message]).toEqual([code, expect.stringContaining(part)]);
});
