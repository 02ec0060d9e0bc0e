import { AttuneError } from '../errors/index.js';
import { shortened } from './index.js';

test('what is short stays as it is', () => {
  expect(shortened('a tensor is missing')).toBe('a tensor is missing');
  expect(shortened('x'.repeat(80), 80)).toHaveLength(80);
});

test('what is long keeps its beginning and its end', () => {
  expect(shortened(`first${'x'.repeat(1_000_000)}last`, 80)).toBe(
    `first${'x'.repeat(65)} … (999929 characters left out) … ${'x'.repeat(6)}last`,
  );
});

test('no character is cut in two', () => {
  for (const length of [80, 81, 87, 88]) expect(shortened('😀'.repeat(100), length)).not.toMatch(/\p{Cs}/u);
});

test('an error says no more than can be read, and still what to do', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `model.layers.${i}.weight`).join(', ');
  const error = new AttuneError('CHECKPOINT_MISMATCH', `Tensors are missing: ${names}.`, {
    fix: 'Choose another folder.',
  });
  expect(error.message.length).toBeLessThan(5000);
  expect(error.message).toMatch(/^Tensors are missing: model\.layers\.0\.weight.*Choose another folder\.$/);
  const { fix, message } = new AttuneError('INVALID_CONFIG', 'No.', { fix: names });
  expect(fix!.length).toBeLessThan(5000);
  expect(message).toBe(`No. ${fix}`);
});
