import { fieldGroup, narrowed } from './field.js';
import { validate } from './validate.js';

const field = fieldGroup('Run').integer({ description: 'steps', default: 5, min: 0, max: 10 });
const source = { name: '', spell: (key: string) => key };

test('a numeric field says which numbers it takes', () => {
  expect(field.range).toEqual({ min: 0, max: 10 });
});

test('a narrowed field takes fewer numbers, and says so', () => {
  const steps = narrowed(field, { min: 1 });
  expect(steps).toMatchObject({
    description: 'steps',
    default: 5,
    range: { min: 1, max: 10 },
    expected: 'a whole number of at least 1 and at most 10',
  });
  expect(validate({ steps: field }, { steps: 0 }, source)).toEqual({ steps: 0 });
  expect(() => validate({ steps }, { steps: 0 }, source)).toThrow(
    'steps must be a whole number of at least 1 and at most 10, but is 0.',
  );
  expect(() => validate({ steps }, { steps: 1.5 }, source)).toThrow('but is 1.5');
});
