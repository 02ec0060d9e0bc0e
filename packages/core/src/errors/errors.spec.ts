import { jest } from '@jest/globals';
import { AttuneError, didYouMean, errorCodes, isAttuneError, nearest } from './index.js';

test('the message ends with what to do next', () => {
  const cause = new Error('disk full');
  const error = new AttuneError('FILE_WRITE', 'model.safetensors could not be written.', {
    fix: 'Free some space.',
    cause,
    data: { bytes: 12 },
  });
  expect(error.message).toBe('model.safetensors could not be written. Free some space.');
  expect(error).toMatchObject({
    name: 'AttuneError',
    code: 'FILE_WRITE',
    fix: 'Free some space.',
    cause,
    data: { bytes: 12 },
  });
});

test('errors are distinguished by code', () => {
  const error: unknown = new AttuneError('DISPOSED', 'gone');
  expect(isAttuneError(error)).toBe(true);
  expect(isAttuneError(error, 'DISPOSED')).toBe(true);
  expect(isAttuneError(error, 'NON_FINITE')).toBe(false);
  expect(isAttuneError(new Error('gone'))).toBe(false);
});

test('errors of another copy of this package, as a plugin may bring one, are errors all the same', async () => {
  jest.resetModules();
  const other = await import('./index.js');
  expect(other.AttuneError).not.toBe(AttuneError);
  const theirs: unknown = new other.AttuneError('DISPOSED', 'gone');
  expect(theirs instanceof AttuneError).toBe(true);
  expect(new AttuneError('DISPOSED', 'gone') instanceof other.AttuneError).toBe(true);
  expect(isAttuneError(theirs, 'DISPOSED')).toBe(true);
  expect(other.isAttuneError(new AttuneError('DISPOSED', 'gone'), 'DISPOSED')).toBe(true);
  expect(other.isAttuneError(new Error('gone'))).toBe(false);
});

test('what only looks like an error is none, and a subclass is distinguished from its base', () => {
  class Special extends AttuneError {}
  expect({ name: 'AttuneError', code: 'DISPOSED' } instanceof AttuneError).toBe(false);
  expect(new AttuneError('DISPOSED', 'gone') instanceof Special).toBe(false);
  expect(new Special('DISPOSED', 'gone') instanceof Special).toBe(true);
  expect(new Special('DISPOSED', 'gone') instanceof AttuneError).toBe(true);
  expect(AttuneError[Symbol.hasInstance](null)).toBe(false);
});

test('every code says what it means, as a sentence', () => {
  for (const meaning of Object.values(errorCodes)) expect(meaning).toMatch(/^[A-Z].*\.$/);
});

test.each([
  ['learningRat', 'learningRate'],
  ['learning_rate', 'learningRate'],
  ['LEARNING-RATE', 'learningRate'],
  ['wieght', 'weight'],
  ['weight', 'weight'],
])('the nearest of the known names to %s is %s', (name, expected) => {
  expect(nearest(name, ['weightDecay', 'learningRate', 'weight'])).toBe(expected);
});

test('a name of megabytes is near to nothing, which is known at once', () => {
  expect(nearest('x'.repeat(10_000_000), ['learningRate', 'weight'])).toBeUndefined();
});

test('where nothing is near, nothing is guessed: the known names are listed', () => {
  expect(nearest('batch', ['learningRate', 'weight'])).toBeUndefined();
  expect(didYouMean('batch', ['learningRate', 'weight'])).toBe('Known: learningRate, weight.');
  expect(didYouMean('weigth', ['learningRate', 'weight'])).toBe('Did you mean "weight"?');
});
