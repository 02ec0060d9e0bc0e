import { plural } from './plural.js';

test.each([
  [0, '0 batches'],
  [1, '1 batch'],
  [2, '2 batches'],
  [1200, '1,200 batches'],
])('a count of %d is shown as %s', (count, text) => {
  expect(plural(count, 'batch', 'batches')).toBe(text);
});

test('a noun takes an s where no other plural is named', () => {
  expect([plural(1, 'step'), plural(3, 'step')]).toEqual(['1 step', '3 steps']);
});
